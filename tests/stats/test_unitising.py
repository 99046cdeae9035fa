"""Agreement on passages: character by character the same numbers, and refusals."""

import itertools

import numpy as np
import pytest

from eval_tools.errors import DataError
from eval_tools.stats.unitising import Span, merge_spans, unitising_alpha
from eval_tools.stats.unitising_1995 import unitising_alpha_1995


def characters(spans, length):
    line = [""] * length
    for s in spans:
        line[int(s.start) : int(s.end)] = [s.code] * int(s.end - s.start)
    return line


def by_characters(coders, length):
    """Return uα from arrays of characters, as the formulas of 2016 say."""
    lines = [characters(spans, length) for spans in coders]
    m = len(coders)
    met: dict[tuple[str, str], float] = {}
    for a, b in itertools.permutations(lines, 2):
        for x, y in zip(a, b, strict=True):
            met[x, y] = met.get((x, y), 0.0) + 1 / (m - 1)
    own: dict[str, float] = {}
    for spans, line in zip(coders, lines, strict=True):
        own[""] = own.get("", 0.0) + line.count("")
        for s in spans:
            own[s.code] = own.get(s.code, 0.0) + (s.end - s.start) ** 2
    total = sum(met.values())
    rows = {c: sum(v for (x, _), v in met.items() if x == c) for c in own}
    apart = sum(v for (x, y), v in met.items() if x != y)
    scale = total - sum(own.values()) / total
    by_chance = total - sum(rows[c] ** 2 - own[c] for c in own) / scale
    return 1 - apart / by_chance


@pytest.mark.parametrize("seed", range(8))
def test_lengths_of_intersections_count_as_characters_do(seed):
    rng = np.random.default_rng(seed)
    coders = []
    for _ in range(rng.integers(2, 5)):
        edges = np.sort(rng.choice(60, size=8, replace=False)).tolist()
        spans = [Span(a, b, str(rng.choice(["a", "b", "c"]))) for a, b in zip(edges[::2], edges[1::2], strict=True)]
        coders.append([s for s in spans if rng.random() < 0.8])
    merged = [merge_spans(spans) for spans in coders]
    assert unitising_alpha(coders, length=60).u_alpha == pytest.approx(by_characters(merged, 60), rel=1e-10)


def test_a_code_alone_against_gaps_has_the_same_u_alpha_and_binary_alpha():
    found = unitising_alpha([[Span(0, 5, "a"), Span(9, 14, "a")], [Span(1, 6, "a")]], length=20)
    assert found.u_alpha == pytest.approx(found.binary, rel=1e-12)
    assert np.isnan(found.cu_alpha)


def test_codings_of_one_coder_that_overlap_are_merged_before_anything_is_counted():
    double = [[Span(0, 5, "a"), Span(3, 8, "a"), Span(8, 9, "a")], [Span(0, 9, "a")]]
    found = unitising_alpha(double, length=20)
    assert (found.n_merged, found.n_spans, found.u_alpha) == (2, 2, pytest.approx(1.0))


def test_coders_who_confuse_two_codes_agree_on_places_only():
    first = [Span(0, 10, "a"), Span(20, 30, "b"), Span(40, 45, "a")]
    second = [Span(0, 10, "b"), Span(20, 30, "a"), Span(40, 45, "b")]
    found = unitising_alpha([first, second], length=50)
    assert found.binary == pytest.approx(1.0)
    assert found.cu_alpha < 0
    assert found.per_code["a"] == pytest.approx(found.per_code["b"], rel=0.2)


@pytest.mark.parametrize("coders", [[[], []], [[Span(0, 20, "a")], [Span(0, 20, "a")]]])
def test_nothing_but_one_value_is_no_agreement(coders):
    found = unitising_alpha(coders, length=20)
    assert np.isnan([found.u_alpha, found.binary, found.cu_alpha]).all()


def test_the_two_families_differ():
    coders = [[Span(0, 5, "a"), Span(9, 14, "a")], [Span(1, 6, "a")]]
    new, old = unitising_alpha(coders, length=20), unitising_alpha_1995(coders, length=20)
    assert abs(new.u_alpha - old.alpha) > 0.01


def test_impossible_passages_are_refused_all_at_once():
    with pytest.raises(DataError) as caught:
        unitising_alpha([[Span(0, 5, "a"), Span(4, 8, "b"), Span(15, 25, "a"), Span(1, 1, "")]], length=20)
    assert [p.what for p in caught.value.problems] == [
        "1 coder.",
        "2 spans are empty or outside the text.",
        "1 passages of one coder overlap with different codes.",
        "a span has no code.",
    ]
    with pytest.raises(DataError, match="outside"):
        unitising_alpha_1995([[Span(0, 30, "a")], []], length=20)
