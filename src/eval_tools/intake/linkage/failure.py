"""How many forms could not be linked, by group: linkage failure stands beside attrition, for neither is random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eval_tools.errors import EvalToolsError, Problem
from eval_tools.intake.findings import Findings
from eval_tools.tables import LINKAGE, check_table

if TYPE_CHECKING:
    import pandas as pd


def count_linkage(links: pd.DataFrame, participants: pd.DataFrame, *, waves: Sequence[str]) -> pd.DataFrame:
    """Count by group and wave whose forms were linked to an earlier wave.

    Of the children known before, those not found have left, were absent, or have a form that nobody could link: the
    forms that were not linked say how many that can be at most.

    Parameters
    ----------
    links : DataFrame
        LINKS, of one informant.
    participants : DataFrame
        PARTICIPANTS; whoever is not in it, is in no group and not counted.
    waves : sequence of str
        In time order.

    Returns
    -------
    DataFrame
        LINKAGE, for every wave but the first.

    Raises
    ------
    EvalToolsError
        A wave that is not among ``waves``: a defect of the caller.
    """
    import pandas as pd

    if set(links["wave"]) - set(waves):
        raise EvalToolsError(Problem("table links", "holds waves that the study does not have.", "Pass all waves."))
    groups = participants.set_index("participant")["group"]
    of_group = links["pseudonym"].map(groups)
    rows = []
    for position, wave in enumerate(waves[1:], start=1):
        before, now = links["wave"].isin(waves[:position]), links["wave"] == wave
        for group in dict.fromkeys(participants["group"]):
            mine = of_group == group
            known = set(links.loc[before & mine, "pseudonym"])
            here = links[now & mine]
            linked = here["pseudonym"].isin(known)
            rows.append(
                (
                    group,
                    wave,
                    len(known),
                    here.loc[linked, "pseudonym"].nunique(),
                    here["pseudonym"].nunique(),
                    int((here["method"] == "review").sum()),
                )
            )
    return check_table(pd.DataFrame(rows, columns=list(LINKAGE.columns)), LINKAGE)


def note_changed_links(before: pd.DataFrame, now: pd.DataFrame, findings: Findings, *, where: str) -> None:
    """Report forms that an earlier run took to be another child's, and files that changed since they were linked.

    Parameters
    ----------
    before, now : DataFrame
        LINKS as kept by the last run, and of this run.
    findings : Findings
    where : str
        The file that LINKS is kept in, as messages name it.
    """
    key = ["source_file_sha", "row"]
    gone = before[~before["source_file_sha"].isin(set(now["source_file_sha"]))]
    if len(gone):
        n = gone["source_file_sha"].nunique()
        findings.add(
            "linked_file_changed",
            f"{n} raw files were changed or removed after their {len(gone)} forms had been linked; "
            "they are linked anew. | Right if the export was replaced on purpose; else restore the file as received.",
            severity="warning",
            file=where,
            count=n,
        )
    both = before.merge(now, on=key, suffixes=("_before", "_now"))
    other = both[both["pseudonym_before"] != both["pseudonym_now"]]
    if len(other):
        findings.add(
            "link_changed",
            f"{len(other)} forms are taken to be another child's than in the last run. | Look at the review list and "
            "at links.yaml: which decision or which file is new?",
            severity="warning",
            file=where,
            count=len(other),
        )
