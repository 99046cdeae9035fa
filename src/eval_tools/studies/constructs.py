"""Which outcomes are the same construct told by different informants."""

from __future__ import annotations

from collections.abc import Mapping

from eval_tools.instruments.instrument import Instrument
from eval_tools.studies.study import Outcome, Study


def side_by_side(study: Study, instruments: Mapping[str, Instrument]) -> tuple[tuple[Outcome, ...], ...]:
    """Group the outcomes that ask several informants about one construct.

    Two outcomes are of one construct if they are the same scale of one questionnaire, or scales of the same id
    of two forms of one family (child, caregiver and teacher form), and different informants tell about them.

    Returns
    -------
    tuple of tuple of Outcome
        In the order of the plan, of the informants in the order of study.yaml; constructs with a single
        informant are left out.
    """
    found: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in study.plan.outcomes:
        instrument = instruments.get(outcome.instrument)
        family = outcome.instrument if instrument is None else instrument.family
        found.setdefault((family, outcome.scale), []).append(outcome)

    def place(outcome: Outcome) -> int:
        informant = study.informant_of(outcome)
        return study.informants.index(informant) if informant in study.informants else len(study.informants)

    return tuple(
        tuple(sorted(outcomes, key=place))
        for outcomes in found.values()
        if len({study.informant_of(outcome) for outcome in outcomes}) > 1
    )
