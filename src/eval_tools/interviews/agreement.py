"""How far coders agree on interviews: by code, by group of codes, by pair of coders, and as the work went on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eval_tools.interviews.gathered import Project
from eval_tools.interviews.unit_table import UnitTable
from eval_tools.stats.agreement_benchmark import benchmark_agreement
from eval_tools.stats.agreement_binary import BinaryAgreement, binary_agreement
from eval_tools.stats.agreement_bootstrap import bootstrap_agreement
from eval_tools.stats.agreement_ratings import tabulate_ratings
from eval_tools.stats.agreement_result import Agreement, Coefficient
from eval_tools.stats.krippendorff import alpha_of_sets
from eval_tools.tables import CODER_AGREEMENT, DISAGREEMENTS, check_table

if TYPE_CHECKING:
    import pandas as pd

MANY: tuple[Coefficient, ...] = ("percent", "krippendorff", "gwet", "fleiss")
TWO: tuple[Coefficient, ...] = ("percent", "cohen", "krippendorff")
PARTS = 3


def compare_coders(
    table: UnitTable, project: Project, *, rng: int = 1, n_resamples: int = 2_000, ci_level: float = 0.95
) -> pd.DataFrame:
    """Estimate how far coders agree, with intervals that draw people.

    Parameters
    ----------
    table : UnitTable
        From :func:`~eval_tools.interviews.unit_table.unit_table`, which chose the unit.
    project : Project
        Gives the codebook, for groups of codes.
    rng : int
        Seed of the draws.
    n_resamples : int
        How many draws.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        CODER_AGREEMENT: each code; each group of codes (any code of it); each pair of coders, by code; the documents
        in three parts in their order, by code; and alpha over whole sets of codes (MASI). Below ten people there is
        no interval. A code that nobody used among units coded twice has no coefficient: nothing says that it would
        be agreed on.
    """
    import pandas as pd

    options = {"rng": rng, "n_resamples": n_resamples, "ci_level": ci_level}
    rows = [row for view in (_codes, _parents, _pairs, _parts) for row in view(table, project, options)]
    rows.append(_sets(table, ci_level))
    return check_table(pd.DataFrame(rows, columns=list(CODER_AGREEMENT.columns)), CODER_AGREEMENT)


def list_disagreements(table: UnitTable) -> pd.DataFrame:
    """List the units to talk about: where one coder put a code and another, who was given the unit too, did not.

    Returns
    -------
    DataFrame
        DISAGREEMENTS, in the order of the documents. It holds places and names of coders, no words.
    """
    import pandas as pd

    rows = []
    for k, code in enumerate(table.codes):
        said = table.said[:, :, k]
        yes, no = said == 1, said == 0
        for i in np.flatnonzero(yes.any(axis=1) & no.any(axis=1)).tolist():
            rows.append(
                {
                    "order": i,
                    "source": table.sources[i],
                    "start": table.spans[i][0],
                    "end": table.spans[i][1],
                    "code": code,
                    "coders_yes": ", ".join(c for c, said_so in zip(table.coders, yes[i], strict=True) if said_so),
                    "coders_no": ", ".join(c for c, said_so in zip(table.coders, no[i], strict=True) if said_so),
                    "unit": table.unit,
                }
            )
    frame = pd.DataFrame(rows, columns=["order", *DISAGREEMENTS.columns]).sort_values(["order", "code"], kind="stable")
    return check_table(frame.drop(columns="order").reset_index(drop=True), DISAGREEMENTS)


_Row = dict[str, object]


def _codes(table: UnitTable, project: Project, options: dict[str, float]) -> Iterator[_Row]:
    for code in table.codes:
        yield from _rows(table, table.of([code]), MANY, options, view="code", code=code)


def _parents(table: UnitTable, project: Project, options: dict[str, float]) -> Iterator[_Row]:
    """Take the codes below each code or group together; agreement that rises there means that they are confused."""
    above = dict(zip(project.codebook["code"], project.codebook["parent"], strict=True))
    for group in dict.fromkeys(p for p in above.values() if p):
        below = [code for code in table.codes if code == group or group in _above(code, above)]
        if len(below) > 1:
            yield from _rows(table, table.of(below), MANY, options, view="parent", code=group)


def _above(code: str, above: dict[str, str]) -> list[str]:
    found: list[str] = []
    while above.get(code) and above[code] not in found:
        code = above[code]
        found.append(code)
    return found


def _pairs(table: UnitTable, project: Project, options: dict[str, float]) -> Iterator[_Row]:
    if len(table.coders) < 3:
        return
    for first, second in combinations(range(len(table.coders)), 2):
        for code in table.codes:
            said = table.of([code])[:, [first, second]]
            a, b = table.coders[first], table.coders[second]
            yield from _rows(table, said, TWO, options, view="pair", code=code, first=a, second=b)


def _parts(table: UnitTable, project: Project, options: dict[str, float]) -> Iterator[_Row]:
    """Compare early and late documents: coders drift apart, or learn."""
    sources = list(dict.fromkeys(table.sources))
    if len(sources) < 2 * PARTS or table.unit == "person":
        return
    place = {source: 1 + i * PARTS // len(sources) for i, source in enumerate(sources)}
    part_of = np.array([place[source] for source in table.sources])
    for part in range(1, PARTS + 1):
        inside = part_of == part
        people = [p for p, here in zip(table.people, inside, strict=True) if here]
        some = replace(table, said=table.said[inside], people=tuple(people))
        for code in table.codes:
            yield from _rows(
                some, some.of([code]), ("percent", "krippendorff"), options, view="part", code=code, part=part
            )


def _rows(
    table: UnitTable,
    said: NDArray[np.float64],
    coefficients: Sequence[Coefficient],
    options: dict[str, float],
    *,
    view: str,
    code: str,
    first: str = "",
    second: str = "",
    part: int = 0,
) -> Iterator[_Row]:
    ratings = tabulate_ratings(said, categories=[0.0, 1.0])
    found = bootstrap_agreement(
        ratings,
        clusters=table.people,
        coefficients=coefficients,
        rng=int(options["rng"]),
        n_resamples=int(options["n_resamples"]),
        ci_level=options["ci_level"],
    ).agreements
    beside = binary_agreement(ratings)
    for one in found:
        yield {
            **_of(one, table),
            **_beside(beside),
            "view": view,
            "code": code,
            "first": first,
            "second": second,
            "part": part,
            # a standard error of people: one of sentences would promise too much
            "band": "" if one.coefficient == "percent" else benchmark_agreement(one.estimate, one.se).band,
        }


def _of(one: Agreement, table: UnitTable) -> _Row:
    known = table.people_known
    return {
        "unit": table.unit,
        "coefficient": one.coefficient,
        "estimate": one.estimate,
        "se": one.se,
        "ci_low": one.ci_low,
        "ci_high": one.ci_high,
        "ci_level": one.ci_level,
        "observed": one.observed,
        "expected": one.expected,
        "n_units": one.n_units,
        "n_coded_twice": one.n_coded_twice,
        "n_people": one.n_clusters if known else 0,
        "n_coders": one.n_coders,
        "method": one.method if known else one.method.replace("people", "documents"),
        "status": one.status,
    }


def _beside(beside: BinaryAgreement) -> _Row:
    return {
        "used": beside.yes,
        "prevalence": beside.prevalence,
        "positive": beside.positive,
        "negative": beside.negative,
    }


def _sets(table: UnitTable, ci_level: float) -> _Row:
    """Return alpha over all codes of a unit at once; its interval takes units for independent, so it gets none."""
    sets = [
        [
            None if np.isnan(row).any() else {code for code, value in zip(table.codes, row, strict=True) if value == 1}
            for row in unit
        ]
        for unit in table.said
    ]
    one = alpha_of_sets(sets, ci_level=ci_level)
    nan = float("nan")
    one = replace(one, coefficient="alpha_masi", se=nan, ci_low=nan, ci_high=nan, method="no interval")
    return {
        **_of(one, table),
        "n_people": len(set(table.people)) if table.people_known else 0,
        "view": "all",
        "code": "",
        "first": "",
        "second": "",
        "part": 0,
        "used": 0,
        "prevalence": nan,
        "positive": nan,
        "negative": nan,
        "band": "",
    }
