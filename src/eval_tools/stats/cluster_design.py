"""Which people belong to which school: the checks and sums that every analysis of few schools shares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, Problem
from eval_tools.stats.estimate import Estimate, Status, check_equal_lengths, column, largest

Floats = NDArray[np.float64]
_NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clusters:
    """Who belongs to which site; a person without a site has the code -1."""

    codes: NDArray[np.intp]  # one per person: the place of the person's site in names
    names: tuple[str, ...]  # in alphabetical order
    sizes: NDArray[np.intp]  # people per site

    @property
    def n_sites(self) -> int:
        """How many sites there are."""
        return len(self.names)


Sites = Sequence[str | None] | NDArray[np.str_] | Clusters


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SiteRows:
    """The people without a missing value, site after site, and within a site in the given order."""

    columns: tuple[Floats, ...]
    clusters: Clusters  # only the sites that still have people; codes are sorted
    n_dropped: int  # people left out, for a missing value or a missing site

    @property
    def n(self) -> int:
        """How many people are left."""
        return int(self.clusters.codes.size)

    @property
    def starts(self) -> NDArray[np.intp]:
        """The first row of every site."""
        return np.cumsum(self.clusters.sizes) - self.clusters.sizes

    def slices(self) -> list[slice]:
        """Return the rows of every site."""
        return [slice(a, a + n) for a, n in zip(self.starts.tolist(), self.clusters.sizes.tolist(), strict=True)]

    def sums(self, values: Floats) -> Floats:
        """Add up the values, or the rows of values, of every site."""
        if self.n == 0:
            return np.zeros((0, *values.shape[1:]))
        return np.add.reduceat(values, self.starts, axis=0)

    def means(self, values: Floats) -> Floats:
        """Return the mean of every site, each person counting once."""
        sizes = self.clusters.sizes.reshape(-1, *[1] * (values.ndim - 1))
        return self.sums(values) / sizes


def find_clusters(sites: Sites, *, where: str = "find_clusters") -> Clusters:
    """Find out which sites there are, and who belongs to which.

    Parameters
    ----------
    sites : sequence of str, shape (participants,)
        The site of every person; None, NaN or "" where missing. Already found clusters pass through,
        which saves the reading when many outcomes share the same people.
    where : str
        The caller's name, for the error message.

    Returns
    -------
    Clusters
        Sites in alphabetical order.

    Raises
    ------
    DataError
        If an id is not a string: 1, 1.0 and "1" might be one school or three.

    Examples
    --------
    >>> found = find_clusters(["North", "East", None, "North"])
    >>> found.names, found.sizes.tolist(), found.codes.tolist()
    (('East', 'North'), [1, 2], [1, 0, -1, 1])
    """
    if isinstance(sites, Clusters):
        return sites
    ids: list[object] = sites.tolist() if isinstance(sites, np.ndarray) else list(sites)
    try:
        distinct = dict.fromkeys(ids)
    except TypeError as error:
        raise DataError(_not_strings(where)) from error
    missing = [i for i in distinct if _is_missing(i)]
    names = sorted(str(i) for i in distinct if isinstance(i, str) and i != "")
    if len(names) + len(missing) < len(distinct):
        raise DataError(_not_strings(where))
    place: dict[object, int] = {name: i for i, name in enumerate(names)} | dict.fromkeys(missing, -1)
    codes = np.fromiter(map(place.__getitem__, ids), dtype=np.intp, count=len(ids))
    return Clusters(codes=codes, names=tuple(names), sizes=_sizes(codes, len(names)))


def complete_rows(sites: Sites, columns: Iterable[ArrayLike], *, names: Sequence[str], where: str) -> SiteRows:
    """Keep the people whose values and site are all present, and put them site after site.

    Parameters
    ----------
    sites : sequence of str, shape (participants,)
        The site of every person; None, NaN or "" where missing.
    columns : sequence of array_like, each of shape (participants,)
        Values of the same people in the same order; NaN where missing.
    names : sequence of str
        What the columns are called in error messages.
    where : str
        The caller's name, for the error message.

    Returns
    -------
    SiteRows
        Sites that lose all their people are no longer among the sites.

    Raises
    ------
    DataError
        If the columns differ in length, or hold words or infinite values.

    Examples
    --------
    >>> rows = complete_rows(["b", "a", "b", "c"], [[1.0, 2.0, 3.0, None]], names=["change"], where="example")
    >>> rows.columns[0].tolist(), rows.clusters.names, rows.n_dropped
    ([2.0, 1.0, 3.0], ('a', 'b'), 1)
    """
    found = find_clusters(sites, where=where)
    given = [column(c, where=where, name=name) for c, name in zip(columns, names, strict=True)]
    kept = found.codes >= 0
    for values in given:
        check_equal_lengths(values.size, kept.size, where=where)
        kept &= ~np.isnan(values)
    n_dropped = int(kept.size - kept.sum())
    codes = found.codes
    if n_dropped:
        codes, given = codes[kept], [values[kept] for values in given]
    sizes = _sizes(codes, found.n_sites)
    used = np.flatnonzero(sizes)
    if (codes[1:] < codes[:-1]).any():
        # 16-bit keys are sorted by counting, in linear time
        order = np.argsort(codes.astype(np.int16) if found.n_sites < 2**15 else codes, kind="stable")
        codes, given = codes[order], [values[order] for values in given]
    clusters = Clusters(
        codes=np.repeat(np.arange(used.size), sizes[used]),
        names=tuple(found.names[i] for i in used),
        sizes=sizes[used],
    )
    return SiteRows(columns=tuple(given), clusters=clusters, n_dropped=n_dropped)


def arm_of_people(treat: ArrayLike, *, where: str) -> Floats:
    """Read 1 for programme, 0 for comparison, NaN for missing; refuse anything else."""
    arm = column(treat, where=where, name="treat")
    if not np.isin(arm[~np.isnan(arm)], (0.0, 1.0)).all():
        raise DataError(
            Problem(where, "'treat' holds values other than 0 and 1.", "Give 1 for programme, 0 for comparison.")
        )
    return arm


def arm_of_sites(rows: SiteRows, arm: Floats, *, where: str) -> NDArray[np.bool_]:
    """Return whether each site has the programme; refuse sites with people of both arms."""
    if rows.n == 0:
        return np.zeros(0, dtype=bool)
    first = arm[rows.starts]
    n_mixed = int((np.abs(rows.sums(arm) - first * rows.clusters.sizes) > 0.5).sum())
    if n_mixed:
        raise DataError(
            Problem(
                where,
                f"{n_mixed} of {rows.clusters.n_sites} sites have people of both arms.",
                "Comparing whole sites needs one arm per site; compare people within sites by cluster_difference.",
            )
        )
    return first == 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SiteRegression:
    """Least squares in an orthonormal basis Q of the columns of X, as sums per site.

    Everything a sandwich variance or a wild bootstrap needs is k numbers or k × k numbers per site.
    """

    beta: Floats  # (k,)
    contrasts: Floats  # (k, k): the inverse of R; a row is a coefficient as a contrast in the basis Q
    W: Floats  # (sites, k, k): Q_g'Q_g, which add up to the identity
    scores: Floats  # (sites, k): Q_g'e_g
    s: Floats  # (sites, k): eigenvalues of W, the leverages that are not 0
    V: Floats  # (sites, k, k): eigenvectors of W
    n: int
    rounding: float  # the size below which a score is nothing but rounding errors

    @property
    def alone(self) -> NDArray[np.bool_]:
        """Which directions one site fits by itself, so that it has no residuals there; (sites, k)."""
        return 1 - self.s <= 1e-10

    @property
    def contrasts_by_site(self) -> Floats:
        """The contrasts in the basis Q V_g of every site; (sites, coefficients, k)."""
        return self.contrasts @ self.V

    @property
    def hangs_on_one_site(self) -> NDArray[np.bool_]:
        """Which coefficients need a direction that one site fits by itself: their spread cannot be seen."""
        unseen = (np.where(self.alone[:, None, :], self.contrasts_by_site, 0.0) ** 2).sum(axis=(0, 2))
        return unseen > 1e-8 * (self.contrasts**2).sum(axis=1)


def regress(rows: SiteRows, X: Floats, y: Floats) -> SiteRegression | Status:
    """Fit y by the columns of X, or say why that cannot be done."""
    n, k = X.shape
    if n == 0:
        return "too_few_people"
    if rows.clusters.n_sites < 2:
        return "too_few_sites"
    if n <= k:
        return "too_few_people"
    Q, R = np.linalg.qr(X)
    if (np.abs(np.diagonal(R)) <= 1e-10 * np.linalg.norm(R, axis=0)).any():
        return "no_variation"  # a column is constant, or follows from the others
    contrasts: Floats = np.linalg.inv(R)
    beta = contrasts @ (Q.T @ y)
    residuals = y - X @ beta
    W = np.stack([Q[s].T @ Q[s] for s in rows.slices()])
    s, V = np.linalg.eigh(W)
    size = largest(y, *(beta[j] * X[:, j] for j in range(k)))
    return SiteRegression(
        beta=beta,
        contrasts=contrasts,
        W=W,
        scores=rows.sums(Q * residuals[:, None]),
        s=s,
        V=V,
        n=n,
        rounding=1e-12 * size * n**0.5,
    )


def t_estimate(value: float, se: float, df: float, *, ci_level: float, n: int, unit: str, method: str) -> Estimate:
    """Return an estimate with its t interval and test."""
    from scipy.special import stdtr, stdtrit

    half = float(stdtrit(df, (1 + ci_level) / 2)) * se
    return Estimate(
        estimate=value,
        se=se,
        df=df,
        ci_low=value - half,
        ci_high=value + half,
        ci_level=ci_level,
        p_value=float(2 * stdtr(df, -abs(value / se))),
        n=n,
        unit=unit,
        method=method,
    )


def point_only(value: float, *, status: Status, ci_level: float, n: int, unit: str, method: str) -> Estimate:
    """Return a number that has no uncertainty that could be estimated."""
    return Estimate(
        estimate=value,
        se=_NAN,
        df=_NAN,
        ci_low=_NAN,
        ci_high=_NAN,
        ci_level=ci_level,
        p_value=_NAN,
        n=n,
        unit=unit,
        method=method,
        status=status,
    )


def _is_missing(site: object) -> bool:
    if isinstance(site, str):
        return site == ""
    return site is None or str(site) in ("nan", "<NA>")


def _not_strings(where: str) -> Problem:
    return Problem(where, "site ids must be strings.", "Give every person's site as a string, None where missing.")


def _sizes(codes: NDArray[np.intp], n_sites: int) -> NDArray[np.intp]:
    return np.bincount(codes[codes >= 0], minlength=n_sites).astype(np.intp)
