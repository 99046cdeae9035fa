"""How far coders agree on where a passage begins and ends: the older αU, by squared differences of begins and ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval_tools.errors import DataError, Problem
from eval_tools.stats.unitising import Span, merge_spans

_NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitisingAlpha1995:
    """αU of 1995 and 2004; NaN where nothing is to be expected."""

    alpha: float
    per_code: Mapping[str, float]
    observed: Mapping[str, float]  # disagreement per code
    expected: Mapping[str, float]


def unitising_alpha_1995(coders: Sequence[Sequence[Span]], *, length: int, begin: int = 0) -> UnitisingAlpha1995:
    """Estimate αU as published in 1995 and 2004, for comparison with older reports.

    Parameters
    ----------
    coders : sequence of sequence of Span
        What each coder marked, in whole positions from ``begin``. Codes may overlap: each is a continuum of its own.
    length, begin : int
        Length of the continuum, and where it begins.

    Returns
    -------
    UnitisingAlpha1995

    Raises
    ------
    DataError
        Fewer than two coders, or spans that are empty or outside.

    Notes
    -----
    Krippendorff (1995), Sociological Methodology 25, 47–76; Krippendorff (2004), Content Analysis, 2nd ed., section
    11.6. Two units that overlap differ by the squared distances of begins and of ends; a unit inside the other's
    gap by its squared length.

    Examples
    --------
    >>> first, second = [Span(225, 295, "c"), Span(370, 400, "c")], [Span(220, 300, "c"), Span(355, 375, "c"),
    ...                                                              Span(400, 420, "c")]
    >>> round(unitising_alpha_1995([first, second], length=300, begin=150).alpha, 3)
    0.729
    """
    where = "unitising_alpha_1995"
    problems = []
    if len(coders) < 2:
        problems.append(Problem(where, f"{len(coders)} coder.", "Agreement needs at least two coders of one text."))
    end = begin + length
    wrong = sum(not begin <= s.start < s.end <= end for spans in coders for s in spans)
    if wrong:
        problems.append(Problem(where, f"{wrong} spans are empty or outside the text.", "Check offsets and length."))
    if problems:
        raise DataError(problems)
    merged = [merge_spans(spans) for spans in coders]
    codes = sorted({s.code for spans in merged for s in spans})
    observed, expected = {}, {}
    for code in codes:
        sections = [_sections([s for s in spans if s.code == code], begin, end) for spans in merged]
        observed[code] = _observed(sections, length)
        expected[code] = _expected(sections, length)
    per_code = {c: 1 - observed[c] / expected[c] if expected[c] > 0 else _NAN for c in codes}
    total = sum(expected.values())
    return UnitisingAlpha1995(
        alpha=1 - sum(observed.values()) / total if total > 0 else _NAN,
        per_code=per_code,
        observed=observed,
        expected=expected,
    )


_Section = tuple[float, float, bool]  # begin, end, and whether it is a unit (else a gap)


def _sections(units: Sequence[Span], begin: float, end: float) -> list[_Section]:
    sections: list[_Section] = []
    here = begin
    for unit in sorted(units):
        if unit.start > here:
            sections.append((here, unit.start, False))
        sections.append((unit.start, unit.end, True))
        here = unit.end
    if here < end:
        sections.append((here, end, False))
    return sections


def _observed(sections: Sequence[Sequence[_Section]], length: float) -> float:
    m = len(sections)
    total = sum(_apart(a, b) for i in range(m) for j in range(m) if i != j for a in sections[i] for b in sections[j])
    return total / (m * (m - 1) * length**2)


def _apart(a: _Section, b: _Section) -> float:
    if a[2] and b[2]:
        return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 if a[0] < b[1] and b[0] < a[1] else 0.0
    if a[2] and not b[2] and b[0] <= a[0] and a[1] <= b[1]:
        return (a[1] - a[0]) ** 2
    if b[2] and not a[2] and a[0] <= b[0] and b[1] <= a[1]:
        return (b[1] - b[0]) ** 2
    return 0.0


def _expected(sections: Sequence[Sequence[_Section]], length: float) -> float:
    m = len(sections)
    units = [end - begin for coder in sections for begin, end, unit in coder if unit]
    gaps = [end - begin for coder in sections for begin, end, unit in coder if not unit]
    total = sum(
        (len(units) - 1) / 3 * (2 * x**3 - 3 * x**2 + x) + x**2 * sum(g - x + 1 for g in gaps if g >= x) for x in units
    )
    places = m * length * (m * length - 1) - sum(x * (x - 1) for x in units)
    return 2 / length * total / places if places > 0 else 0.0
