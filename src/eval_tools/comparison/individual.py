"""Who changed by more than measurement error, and how many per group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval_tools.comparison.linked import link_waves, of_outcome
from eval_tools.comparison.rows import NAN, Contrast, result_row
from eval_tools.stats.estimate import Estimate
from eval_tools.stats.individual import ReliableChange, reliable_change
from eval_tools.studies.study import Outcome, Study
from eval_tools.tables import CHANGES, CLASS_COUNTS, check_table

if TYPE_CHECKING:
    import pandas as pd

CLASSES = ("improved", "unchanged", "worse", "unknown")
COEFFICIENTS = ("omega", "alpha")  # the first that could be estimated


def classify_changes(
    scores: pd.DataFrame, participants: pd.DataFrame, reliabilities: pd.DataFrame, study: Study, *, wave: str
) -> pd.DataFrame:
    """Class the change of every participant on every outcome (Jacobson & Truax 1991).

    Returns
    -------
    DataFrame
        CHANGES, everybody who takes part: without both scores the class is ``unknown``, nobody is dropped.
    """
    import pandas as pd

    parts = []
    for outcome in study.plan.outcomes:
        linked = link_waves(scores, participants, outcome, baseline=study.baseline.id, wave=wave)
        result = classes_of(linked, outcome, reliabilities, study)
        linked["outcome"], linked["baseline"], linked["wave"] = outcome.id, study.baseline.id, wave
        linked["change"] = linked["after"] - linked["before"]
        linked["reliable_change"] = result.classes
        parts.append(linked.drop(columns="site"))
    return check_table(pd.concat(parts, ignore_index=True), CHANGES)


def reliable_change_thresholds(
    scores: pd.DataFrame, participants: pd.DataFrame, reliabilities: pd.DataFrame, study: Study, *, wave: str
) -> pd.DataFrame:
    """Return how many points a change must exceed to be more than measurement error, one row per outcome."""
    import pandas as pd

    rows = []
    for outcome in study.plan.outcomes:
        linked = link_waves(scores, participants, outcome, baseline=study.baseline.id, wave=wave)
        result = classes_of(linked, outcome, reliabilities, study)
        coefficient, value = _reliability(outcome, reliabilities, study.baseline.id)
        n = int(linked["before"].notna().sum())
        rows.append(
            result_row(
                Contrast(
                    outcome=outcome.id,
                    contrast="change",
                    group="all",
                    reference="",
                    baseline=study.baseline.id,
                    wave=wave,
                    estimand="smallest change of one person that exceeds measurement error at the 5 % level",
                    n_sites=0,
                ),
                "reliable_change_threshold",
                Estimate(
                    estimate=result.smallest_reliable_change,
                    se=NAN,
                    df=NAN,
                    ci_low=NAN,
                    ci_high=NAN,
                    ci_level=0.95,
                    p_value=NAN,
                    n=n,
                    unit="scale points",
                    method=f"Jacobson & Truax 1991; {coefficient} before = {value:.4f}",
                    status=result.status,
                ),
            )
        )
    return pd.DataFrame(rows)


def _reliability(outcome: Outcome, reliabilities: pd.DataFrame, wave: str) -> tuple[str, float]:
    mine = of_outcome(reliabilities, outcome)
    mine = mine[(mine["wave"] == wave) & (mine["status"] == "estimated")]
    for coefficient in COEFFICIENTS:
        found = mine[mine["coefficient"] == coefficient]
        if len(found):
            return coefficient, float(found["estimate"].iloc[0])
    return "no reliability", NAN


def classes_of(linked: pd.DataFrame, outcome: Outcome, reliabilities: pd.DataFrame, study: Study) -> ReliableChange:
    """Class the change of everybody in linked scores, by the reliability and the spread before of all of them."""
    _, reliability = _reliability(outcome, reliabilities, study.baseline.id)
    return reliable_change(
        linked["before"].to_numpy(),
        linked["after"].to_numpy(),
        reliability=reliability,
        sd_before=float(linked["before"].std()),
        better=outcome.better,
    )


def count_classes(changes: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Count, per outcome and group, reliable change among everybody and bands among those asked twice.

    Returns
    -------
    DataFrame
        CLASS_COUNTS with every class of every measure, zeros included, and a total ``all`` over the groups.
    """
    import pandas as pd

    rows = []
    for outcome in study.plan.outcomes:
        mine = changes[changes["outcome"] == outcome.id]
        paired = mine.dropna(subset=["before", "after"])
        bands = sorted(set(mine["band_before"]) | set(mine["band_after"]) - {""})
        for group in [*study.groups, *(["all"] if len(study.groups) > 1 else [])]:
            everybody = mine if group == "all" else mine[mine["group"] == group]
            twice = paired if group == "all" else paired[paired["group"] == group]
            for measure, people, classes in (
                ("reliable_change", everybody, CLASSES),
                ("band_before", twice, [band for band in bands if band]),
                ("band_after", twice, [band for band in bands if band]),
            ):
                for name in classes:
                    rows.append(
                        {
                            "outcome": outcome.id,
                            "group": group,
                            "measure": measure,
                            "class": name,
                            "count": int((people[measure] == name).sum()),
                        }
                    )
    return check_table(pd.DataFrame(rows, columns=list(CLASS_COUNTS.columns)), CLASS_COUNTS)
