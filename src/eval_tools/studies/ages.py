"""Is a form made for the people a study asks? What is told where ages are not known one by one."""

from __future__ import annotations

from typing import Literal

from eval_tools.instruments.instrument import Instrument
from eval_tools.studies.study import Study

ADULT = 18
Doubt = Literal["for_adults", "for_children", "unchecked"]


def doubtful_ages(instrument: Instrument, study: Study, *, ages_known: bool) -> Doubt | None:
    """Say why a form may not fit the age of those it is about; None if nothing speaks against it.

    With known ages only they decide, form by form. Otherwise the study's declared respondents do: a form for
    adults given to children, or the other way round; or a form with age limits given to children of unknown age.
    """
    youngest, oldest = instrument.age_years
    if ages_known or instrument.about not in ("child", "self") or (youngest is None and oldest is None):
        return None
    if study.respondents == "adults":
        return "for_children" if oldest is not None and oldest < ADULT else None
    return "for_adults" if youngest is not None and youngest >= ADULT else "unchecked"
