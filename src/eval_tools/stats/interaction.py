"""Whether a change, or a difference between two arms, is larger for one kind of people than for another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from eval_tools.stats.cluster_design import Floats, Sites, arm_of_people, t_estimate
from eval_tools.stats.cluster_robust import cluster_robust_ols
from eval_tools.stats.estimate import (
    Estimate,
    check_equal_lengths,
    check_level,
    column,
    largest,
    no_spread,
    not_estimated,
)


def interaction_of_change(
    change: ArrayLike,
    level: ArrayLike,
    *,
    treat: ArrayLike | None = None,
    sites: Sites | None = None,
    ci_level: float = 0.95,
) -> Estimate:
    """Estimate how much more people of one level moved than people of another, or differed between two arms.

    One question with one interval, instead of one test for each level: that a change is clear for girls and not
    for boys says nothing about whether girls and boys differ.

    Parameters
    ----------
    change : array_like, shape (participants,)
        After minus before, in scale points; NaN where missing.
    level : array_like, shape (participants,)
        1 for the one level, 0 for the other, NaN where unknown.
    treat : array_like, shape (participants,), optional
        1 for programme, 0 for comparison, NaN where missing; without it there is a single group.
    sites : sequence of str, shape (participants,), optional
        The site of every person; None, NaN or "" where missing. Without it people are taken as independent.
    ci_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        In scale points. Without ``treat``: mean change of level 1 minus that of level 0. With it: the difference
        between the arms in level 1 minus the difference in level 0. People with a missing value do not enter.
        ``too_few_people`` if a cell of level and arm has nobody or, without sites, only one person;
        ``too_few_sites`` if it hangs on one site; ``no_variation`` if nothing varies within the cells.

    Raises
    ------
    DataError
        If the lengths differ, or level or treat hold anything but 0, 1 and NaN.

    Notes
    -----
    The coefficient of the product in least squares of change on level, arm and their product. With sites CR2 and
    Satterthwaite's degrees of freedom, the numbers of R ``clubSandwich::coef_test``; without, standard error
    √Σ s²/n over the cells (R ``vcovHC(type = "HC2")``) and the degrees of freedom of Welch (1947,
    Biometrika 34, 28–35), which for a single group are those of R ``t.test``.

    Examples
    --------
    >>> found = interaction_of_change([1, 3, 2, 4, 5, 9], [0, 0, 0, 1, 1, 1])
    >>> found.estimate, round(found.se, 3), round(found.df, 3)
    (4.0, 1.633, 2.56)
    """
    where = "interaction_of_change"
    check_level(ci_level, where=where)
    moved = column(change, where=where, name="change")
    one = arm_of_people(level, where=where)
    arm = np.ones(one.size) if treat is None else arm_of_people(treat, where=where)
    for values in (one, arm):
        check_equal_lengths(moved.size, values.size, where=where)
    known = ~np.isnan(moved + one + arm)
    signs = {(1.0, 1.0): 1.0, (0.0, 1.0): -1.0, (1.0, 0.0): -1.0, (0.0, 0.0): 1.0}
    cells = {
        cell: moved[known & (one == cell[0]) & (arm == cell[1])]
        for cell in signs
        if treat is not None or cell[1] == 1.0
    }
    method = "difference of cell means, " + ("Welch" if sites is None else "CR2, Satterthwaite t")
    bare = not_estimated(
        n=int(known.sum()), unit="scale points", method=method, status="too_few_people", ci_level=ci_level
    )
    if min(values.size for values in cells.values()) < (2 if sites is None else 1):
        return bare
    if sites is None:
        return _welch(list(cells.values()), [signs[cell] for cell in cells], bare)
    columns = [np.ones(one.size), one] if treat is None else [np.ones(one.size), one, arm, one * arm]
    names = ["first", "level"] if treat is None else ["first", "level", "arm", "product"]
    fit = cluster_robust_ols(moved, np.column_stack(columns), sites, names=names, ci_level=ci_level)
    return replace(fit.coefficient(names[-1]), method=method)


def _welch(cells: list[Floats], signs: list[float], bare: Estimate) -> Estimate:
    value = float(sum(sign * cell.mean() for sign, cell in zip(signs, cells, strict=True)))
    if all(no_spread(cell, size=largest(*cells)) for cell in cells):
        return replace(bare, estimate=value, status="no_variation")
    variances = np.array([cell.var(ddof=1) / cell.size for cell in cells])
    df = float(variances.sum() ** 2 / (variances**2 / np.array([cell.size - 1 for cell in cells])).sum())
    return t_estimate(
        value,
        float(np.sqrt(variances.sum())),
        df,
        ci_level=bare.ci_level,
        n=bare.n,
        unit=bare.unit,
        method=bare.method,
    )
