"""How far coders agree on where a passage begins and ends, and on its code: the uα family of 2016."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from eval_tools.errors import DataError, Problem

Floats = NDArray[np.float64]
GAP = ""
_NAN = float("nan")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """One passage with one code: from start up to, not including, end."""

    start: float
    end: float
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitisingAlpha:
    """The uα family; NaN where it cannot be estimated, never 1 for want of disagreement to expect."""

    u_alpha: float  # where and what
    binary: float  # where only: passage or gap
    cu_alpha: float  # what, where two coders both coded
    per_code: Mapping[str, float]  # (k)uα: of the places one coder gave this code and another coded too, what they say
    n_coders: int
    n_spans: int  # after merging
    n_merged: int  # spans of one coder and code that overlapped or touched and were merged
    length: float


def merge_spans(spans: Sequence[Span]) -> list[Span]:
    """Merge passages of one coder that carry the same code and overlap or touch.

    Examples
    --------
    >>> merge_spans([Span(0, 4, "a"), Span(3, 6, "a"), Span(6, 7, "a"), Span(2, 5, "b")])
    [Span(start=0, end=7, code='a'), Span(start=2, end=5, code='b')]
    """
    merged: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.code, s.start, s.end)):
        if merged and merged[-1].code == span.code and span.start <= merged[-1].end:
            last = merged[-1]
            merged[-1] = Span(last.start, max(last.end, span.end), last.code)
        else:
            merged.append(span)
    return sorted(merged)


def unitising_alpha(coders: Sequence[Sequence[Span]], *, length: float) -> UnitisingAlpha:
    """Estimate agreement on passages that coders cut out themselves.

    Parameters
    ----------
    coders : sequence of sequence of Span
        What each coder marked on the same text, in positions from 0 to ``length``. An empty list is a coder who
        found nothing; leave a coder out who was not given the text.
    length : float
        Length of the text.

    Returns
    -------
    UnitisingAlpha

    Raises
    ------
    DataError
        Fewer than two coders; spans that are empty, outside the text, or overlap with different codes: then call it
        once for each code.

    Notes
    -----
    Krippendorff, Mathet, Bouvry & Widlöcher (2016), Quality & Quantity 50, 2347–2364; Krippendorff (2019), section
    12.6. Not the αU of 1995, see :func:`~eval_tools.stats.unitising_1995.unitising_alpha_1995`: other numbers, same
    name.

    Examples
    --------
    >>> first, second = [Span(2, 10, "a"), Span(14, 20, "b")], [Span(4, 8, "a"), Span(15, 17, "b")]
    >>> found = unitising_alpha([first, second], length=24)
    >>> round(found.u_alpha, 4), round(found.binary, 4), found.cu_alpha
    (0.4522, 0.3583, 1.0)
    """
    cleaned = _checked(coders, length)
    codes = sorted({s.code for spans in cleaned for s in spans})
    edges = np.unique([0.0, length] + [edge for spans in cleaned for s in spans for edge in (s.start, s.end)])
    widths = np.diff(edges)
    place = {code: i + 1 for i, code in enumerate(codes)}
    said = np.zeros((len(cleaned), widths.size), dtype=np.intp)  # 0 is a gap
    for coder, spans in enumerate(cleaned):
        for s in spans:
            said[coder, np.searchsorted(edges, s.start) : np.searchsorted(edges, s.end)] = place[s.code]
    q, m = len(codes) + 1, len(cleaned)
    met = np.zeros((q, q))
    for i in range(m):
        for j in range(m):
            if i != j:
                np.add.at(met, (said[i], said[j]), widths / (m - 1))
    own = np.zeros(q)
    own[0] = float(((said == 0) * widths).sum())
    pairable = np.zeros(q)
    for coder, spans in enumerate(cleaned):
        others = np.delete(said, coder, axis=0) > 0
        shared = widths * others.sum(axis=0) / (m - 1)  # as the coincidences of pairs weigh it
        for s in spans:
            inside = slice(np.searchsorted(edges, s.start), np.searchsorted(edges, s.end))
            own[place[s.code]] += (s.end - s.start) ** 2
            pairable[place[s.code]] += float(shared[inside].sum()) ** 2
    expected = _expected(met, own)
    coded, coded_expected = met[1:, 1:], _expected(met[1:, 1:], pairable[1:])
    gaps = np.array([[met[0, 0], met[0, 1:].sum()], [met[1:, 0].sum(), coded.sum()]])
    gaps_expected = np.array([[expected[0, 0], expected[0, 1:].sum()], [expected[1:, 0].sum(), expected[1:, 1:].sum()]])
    return UnitisingAlpha(
        u_alpha=_alpha(met, expected),
        binary=_alpha(gaps, gaps_expected),
        cu_alpha=_alpha(coded, coded_expected) if codes else _NAN,
        per_code={code: _alpha_of_code(coded, coded_expected, k) for k, code in enumerate(codes)},
        n_coders=m,
        n_spans=sum(map(len, cleaned)),
        n_merged=sum(map(len, coders)) - sum(map(len, cleaned)),
        length=length,
    )


def _checked(coders: Sequence[Sequence[Span]], length: float) -> list[list[Span]]:
    where = "unitising_alpha"
    problems = []
    if len(coders) < 2:
        problems.append(Problem(where, f"{len(coders)} coder.", "Agreement needs at least two coders of one text."))
    wrong = sum(not 0 <= s.start < s.end <= length for spans in coders for s in spans)
    if wrong:
        problems.append(Problem(where, f"{wrong} spans are empty or outside the text.", "Check offsets and length."))
    merged = [merge_spans(spans) for spans in coders]
    overlaps = sum(b.start < a.end for spans in merged for a, b in pairwise(spans))
    if overlaps:
        problems.append(
            Problem(
                where,
                f"{overlaps} passages of one coder overlap with different codes.",
                "Compare one code at a time.",
            )
        )
    if any(s.code == GAP for spans in coders for s in spans):
        problems.append(Problem(where, "a span has no code.", "Give each span its code."))
    if problems:
        raise DataError(problems)
    return merged


def _expected(met: Floats, own: Floats) -> Floats:
    """Return the coincidences to expect if nobody's passages are compared with themselves."""
    total = float(met.sum())
    if total == 0:
        return np.zeros_like(met)
    scale = total - float(own.sum()) / total
    if scale <= 1e-12 * total:
        return np.full_like(met, np.nan)
    return (np.outer(met.sum(axis=1), met.sum(axis=0)) - np.diag(own)) / scale


def _alpha(met: Floats, expected: Floats) -> float:
    apart, by_chance = float(met.sum() - np.trace(met)), float(expected.sum() - np.trace(expected))
    return 1 - apart / by_chance if by_chance > 1e-12 * max(float(met.sum()), 1.0) else _NAN


def _alpha_of_code(met: Floats, expected: Floats, k: int) -> float:
    n, by_chance = float(met[:, k].sum()), float(expected[:, k].sum())
    apart = by_chance - float(expected[k, k])
    if not (n > 0 and apart > 1e-12 * n):
        return _NAN
    return 1 - by_chance / n * (n - float(met[k, k])) / apart
