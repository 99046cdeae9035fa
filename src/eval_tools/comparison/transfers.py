"""How many of each group were at another site later than at the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval_tools.studies.study import Study

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("group", "site", "count")


def count_transfers(transfers: pd.DataFrame, participants: pd.DataFrame, study: Study, *, wave: str) -> pd.DataFrame:
    """Count, per group, who was at another site at a wave up to this one, and who was not.

    Parameters
    ----------
    transfers : DataFrame
        TRANSFERS.
    participants : DataFrame
        PARTICIPANTS; people without a site are not counted.
    study : Study
    wave : str
        The wave a report is about.

    Returns
    -------
    DataFrame
        Columns group, site (``moved`` or ``stayed``) and count. Empty where no form names a site, for then nobody
        can be seen to move.
    """
    import pandas as pd

    here = participants[participants["site"] != ""]
    asked = any("site" in source.columns for source in study.sources)
    known = transfers[(transfers["what"] == "site") & transfers["wave"].isin(study.waves_until(wave))]
    moved = here["participant"].isin(set(known["participant"]))
    rows = [
        (group, word, int((is_so & (here["group"] == group)).sum()))
        for group in study.groups
        for word, is_so in (("moved", moved), ("stayed", ~moved))
    ]
    return pd.DataFrame(rows if asked and len(here) else [], columns=list(COLUMNS))
