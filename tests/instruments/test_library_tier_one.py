"""The first questionnaires of the library against their sources: keys, bands, known errors of other tools."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from numpy.typing import NDArray

from eval_tools.definitions.strict_yaml import read_yaml
from eval_tools.errors import DefinitionError
from eval_tools.instruments.critical import critical_answers
from eval_tools.instruments.gates import check_gates
from eval_tools.instruments.instrument import Instrument, Item, Scale, TestVector
from eval_tools.instruments.key import band_of, item_points, score_instrument
from eval_tools.instruments.load import load_instrument

QUESTIONNAIRES = Path(__file__).parents[2] / "questionnaires"
TIER_ONE = {
    "sdq": ("sdq-p", "sdq-t", "sdq-s"),
    "phq": ("phq-9", "phq-8", "phq-2", "phq-a", "phq-a-7d"),
    "gad-7": ("gad-7",),
    "ces-d": ("ces-dc",),
    "mht": ("mht",),
    "cls": ("cls-always-1", "cls-always-5"),
    "rsca": ("rsca",),
    "who-5": ("who-5",),
    "bmslss": ("bmslss",),
    "pwi-sc": ("pwi-sc", "pwi-sc-sad-happy"),
    "rses": ("rses", "rses-agree-first", "rses-satisfied-first"),
    "mspss": ("mspss",),
    "pacs": ("pacs-m", "pacs-f", "pacs-p"),
}
FORMS = [(family, form) for family, forms in TIER_ONE.items() for form in forms]
IDS = [form for _, form in FORMS]
EVERY_FILE = sorted(QUESTIONNAIRES.glob("*/*.yaml"))

each_form = pytest.mark.parametrize("form", IDS)
each_file = pytest.mark.parametrize("path", EVERY_FILE, ids=lambda path: path.stem)

SUMMED = ("sum", "mean", "weighted_sum")


@cache
def load(form: str) -> Instrument:
    """Load a questionnaire of the library once."""
    family = next(family for family, name in FORMS if name == form)
    return load_instrument(QUESTIONNAIRES / family / f"{form}.yaml")


def row(instrument: Instrument, everywhere: int | str | None = None, **single: int | None) -> NDArray[np.float64]:
    """Lay out one form: an answer for all items (or ``stair``), then single items by the end of their id."""
    codes = []
    for item in instrument.items.values():
        known = sorted(item.responses.scored_codes)
        if everywhere == "stair":
            answer: int | None = known[(item.number - 1) % len(known)]
        else:
            answer = {"low": known[0], "high": known[-1]}.get(str(everywhere), everywhere)  # type: ignore[arg-type]
        codes.append(np.nan if answer is None else float(answer))
    names = list(instrument.items)
    for ending, answer in single.items():
        position = next(i for i, name in enumerate(names) if name.endswith(ending.strip("_")))
        codes[position] = np.nan if answer is None else float(answer)
    return np.array([codes])


def scores_of(instrument: Instrument, answers: NDArray[np.float64]) -> dict[str, float | None]:
    """Score one form; None where there is no score."""
    scored = score_instrument(instrument, answers).scales
    return {name: None if np.isnan(scale.score[0]) else float(scale.score[0]) for name, scale in scored.items()}


def answered(instrument: Instrument, codes: list[float | None]) -> dict[str, float | None]:
    """Score one form from its codes in the order of the items; None is no answer, the rest is left out."""
    line = [np.nan if code is None else float(code) for code in codes]
    return scores_of(instrument, np.array([line + [np.nan] * (len(instrument.items) - len(line))]))


# --- the keys: lowest, highest and rising answers, on printed codes ------------------------------------------

OF_SDQ = {
    "emotional": (0, 10, 5), "conduct": (2, 8, 7), "hyperactivity": (4, 6, 5), "peer": (4, 6, 5),
    "prosocial": (0, 10, 4), "total": (10, 30, 22),
}  # fmt: skip
OF_PACS = {"open": (10, 50, 24), "problems": (10, 50, 36), "total": (60, 60, 48)}
# form: {scale: (all lowest, all highest, stair)}
CONSTANT_AND_STAIR: dict[str, dict[str, tuple[float, float, float]]] = {
    "sdq-p": OF_SDQ, "sdq-t": OF_SDQ, "sdq-s": OF_SDQ,
    "phq-9": {"total": (0, 27, 12)},
    "phq-a": {"total": (0, 27, 12)},
    "phq-a-7d": {"total": (0, 27, 12)},
    "gad-7": {"total": (0, 21, 9)},
    "ces-dc": {"total": (12, 48, 18)},
    "mht": {
        "learning": (0, 15, 7), "interpersonal": (0, 10, 5), "loneliness": (0, 10, 5), "self_blame": (0, 10, 5),
        "sensitivity": (0, 10, 5), "somatic": (0, 15, 8), "phobia": (0, 10, 5), "impulsive": (0, 10, 0),
        "lie": (0, 10, 10), "total": (0, 90, 40),
    },
    "cls-always-5": {"total": (40, 56, 49)},
    "cls-always-1": {"total": (56, 40, 47)},
    "rsca": {
        "goal": (5, 25, 17), "emotion": (26, 10, 22), "cognition": (4, 20, 17), "interpersonal": (22, 14, 21),
        "family": (18, 18, 19), "total": (75, 87, 96),
    },
    "who-5": {"raw": (0, 25, 10), "index": (0, 100, 40)},
    "bmslss": {"total": (5, 35, 15)},
    "pwi-sc": {"index": (0, 100, 30)},
    "pwi-sc-sad-happy": {"index": (0, 100, 30)},
    "rses": {"total_10": (25, 25, 26), "total_10_item8_positive": (22, 28, 29), "total_9": (21, 24, 25)},
    "rses-agree-first": {"total_10": (25, 25, 24), "total_10_item8_positive": (28, 22, 21)},
    "rses-satisfied-first": {"total_10": (25, 25, 28)},
    "mspss": {"other": (4, 28, 11), "family": (4, 28, 12), "friends": (4, 28, 20)},
    "pacs-m": OF_PACS, "pacs-f": OF_PACS, "pacs-p": OF_PACS,
}  # fmt: skip


@pytest.mark.parametrize("form", CONSTANT_AND_STAIR)
def test_lowest_highest_and_rising_answers_give_the_known_scores(form):
    instrument = load(form)
    got = [scores_of(instrument, row(instrument, answers)) for answers in ("low", "high", "stair")]
    for scale, expected in CONSTANT_AND_STAIR[form].items():
        assert tuple(scores[scale] for scores in got) == expected, scale


# item numbers, reversed with r; printed here as the sources list them
KEYS = {
    "sdq-s": {
        "emotional": "3 8 13 16 24", "conduct": "5 7r 12 18 22", "hyperactivity": "2 10 15 21r 25r",
        "peer": "6 11r 14r 19 23", "prosocial": "1 4 9 17 20", "impact": "28 29 30 31 32",
    },
    "ces-dc": {"total": "1 2 3 4r 5 6 7 8r 9 10 11 12r 13 14 15 16r 17 18 19 20"},
    "mht": {
        "impulsive": "81 83 85 87 89 91 93 95 97 99", "lie": "82 84 86 88 90 92 94 96 98 100",
        "loneliness": "26 27 28 29 30 31 32 33 34 35",
    },
    "cls-always-5": {"total": "1r 3 4r 6 8r 9 10r 12 14 16r 17 18 20 21 22r 24"},
    "cls-always-1": {"total": "1 3r 4 6r 8 9r 10 12r 14r 16 17r 18r 20r 21r 22 24r"},
    "rsca": {
        "goal": "3 4 11 20 24", "emotion": "1r 2r 5r 21r 23 27r", "cognition": "10 13 14 25",
        "family": "8 15r 16r 17r 19 22", "interpersonal": "6r 7 9r 12r 18 26r",
    },
    "rses": {"total_10": "1 2 3r 4 5r 6 7 8r 9r 10r"},
    "rses-agree-first": {"total_10": "1r 2r 3 4r 5 6r 7r 8 9 10"},
    "rses-satisfied-first": {"total_10": "1 2r 3 4 5r 6r 7 8r 9r 10"},
    "mspss": {"other": "1 2 5 10", "family": "3 4 8 11", "friends": "6 7 9 12"},
    "pacs-m": {
        "open": "1 3 6 7 8 9 13 14 16 17", "problems": "2 4 5 10 11 12 15 18 19 20",
        "total": "1 2r 3 4r 5r 6 7 8 9 10r 11r 12r 13 14 15r 16 17 18r 19r 20r",
    },
}  # fmt: skip
KEYS |= {"sdq-p": KEYS["sdq-s"], "sdq-t": {**KEYS["sdq-s"], "impact": "28 29 30"}}
KEYS |= {"pacs-f": KEYS["pacs-m"], "pacs-p": KEYS["pacs-m"]}


@pytest.mark.parametrize("form", KEYS)
def test_every_scale_counts_the_items_of_the_sources_in_their_direction(form):
    instrument = load(form)
    for scale_id, expected in KEYS[form].items():
        scale = instrument.scales[scale_id]
        items = [instrument.items[name] for name in scale.items]
        assert " ".join(f"{item.number}{'r' if scale.reverses(item) else ''}" for item in items) == expected


# --- a wrong key does not pass -------------------------------------------------------------------------------


def _vector_rows(instrument: Instrument, vectors: list[TestVector]) -> NDArray[np.float64]:
    return np.array(
        [
            [np.nan if (code := vector.answers[name]) is None else float(code) for name in instrument.items]
            for vector in vectors
        ]
    )


def _usable(instrument: Instrument) -> list[TestVector]:
    """The vectors of people of whom nothing but the answers is known, without codes that are refused."""
    return [v for v in instrument.test_vectors if "refused" not in v.expect and v.age is None and v.sex is None]


def _failing(instrument: Instrument, vectors: list[TestVector], rows: NDArray[np.float64]) -> int:
    """Count the scores that come out otherwise than a vector says."""
    scored = score_instrument(instrument, rows).scales
    wrong = 0
    for i, vector in enumerate(vectors):
        for target, expected in vector.expect.items():
            if target not in scored or isinstance(expected, str | tuple):
                continue
            got = scored[target].score[i]
            wrong += not (np.isnan(got) if expected is None else abs(got - expected) < 1e-9)
    return wrong


def _with_scale(instrument: Instrument, scale: Scale) -> Instrument:
    return replace(instrument, scales=MappingProxyType({**instrument.scales, scale.id: scale}))


def _summed(instrument: Instrument) -> Iterator[Scale]:
    return (s for s in instrument.scales.values() if s.items and s.method in SUMMED and not s.value_map)


@each_file
def test_a_key_with_one_item_turned_round_fails_a_vector(path):
    instrument = load_instrument(path)
    vectors = _usable(instrument)
    rows = _vector_rows(instrument, vectors)
    assert _failing(instrument, vectors, rows) == 0
    for scale in _summed(instrument):
        alone = replace(instrument, scales=MappingProxyType({scale.id: scale}))  # nothing else is asked
        for name in scale.items:
            turned = {**scale.reverse_override, name: not scale.reverses(instrument.items[name])}
            wrong = _with_scale(alone, replace(scale, reverse_override=MappingProxyType(turned)))
            assert _failing(wrong, vectors, rows), f"no vector notices {name} turned round in {scale.id}"


def _exclusive(a: Scale, b: Scale) -> Iterator[tuple[str, str]]:
    """Iterate over an item only of the one with one only of the other."""
    return ((x, y) for x in a.items if x not in b.items for y in b.items if y not in a.items)


def _told_apart(instrument: Instrument, scale: Scale, vectors: list[TestVector]) -> NDArray[np.bool_]:
    """Say of every two items whether they count differently in some vector that states the scale."""
    stating = [vector for vector in vectors if isinstance(vector.expect.get(scale.id), int | float)]
    n = len(instrument.items)
    if not stating:
        return np.zeros((n, n), dtype=bool)
    points = item_points(instrument, replace(scale, items=tuple(instrument.items)), _vector_rows(instrument, stating))
    complete = np.array([name in scale.items for name in instrument.items])
    points = points[~np.isnan(points[:, complete]).any(axis=1)]
    return (np.abs(points[:, :, None] - points[:, None, :]) > 1e-9).any(axis=0)


@each_file
def test_a_key_with_two_items_exchanged_between_scales_fails_a_vector(path):
    """The exchange moves the score by the difference of what the two items count, so some vector must hold one."""
    instrument = load_instrument(path)
    vectors = _usable(instrument)
    position = {name: i for i, name in enumerate(instrument.items)}
    plain = [s for s in _summed(instrument) if not s.weights and not s.reverse_override]
    apart = {scale.id: _told_apart(instrument, scale, vectors) for scale in plain}
    for a, b in combinations(plain, 2):
        seen = apart[a.id] | apart[b.id]
        unseen = [(x, y) for x, y in _exclusive(a, b) if not seen[position[x], position[y]]]
        assert not unseen, f"no vector notices {unseen[0]} exchanged between {a.id} and {b.id}"


@pytest.mark.parametrize(
    ("form", "here", "there", "x", "y"),
    [
        ("sdq-s", "emotional", "peer", "sdq24", "sdq23"),
        ("mht", "loneliness", "lie", "mht035", "mht100"),
        ("rsca", "family", "interpersonal", "rsca22", "rsca18"),
        ("mspss", "family", "friends", "mspss11", "mspss12"),
    ],
)
def test_two_neighbours_really_exchanged_between_scales_fail_a_vector(form, here, there, x, y):
    instrument = load(form)
    one, other = instrument.scales[here], instrument.scales[there]
    mixed = _with_scale(instrument, replace(one, items=tuple(y if name == x else name for name in one.items)))
    mixed = _with_scale(mixed, replace(other, items=tuple(x if name == y else name for name in other.items)))
    vectors = _usable(instrument)
    assert _failing(mixed, vectors, _vector_rows(instrument, vectors))


# --- bands, as the sources print them ------------------------------------------------------------------------

ORDER = ("total", "emotional", "conduct", "hyperactivity", "peer", "prosocial", "impact")
BANDS_OF_SDQ = {
    ("sdq-p", "uk3"): "0–13/14–16/17–40 0–3/4/5–10 0–2/3/4–10 0–5/6/7–10 0–2/3/4–10 6–10/5/0–4 0/1/2–10",
    ("sdq-t", "uk3"): "0–11/12–15/16–40 0–4/5/6–10 0–2/3/4–10 0–5/6/7–10 0–3/4/5–10 6–10/5/0–4 0/1/2–6",
    ("sdq-s", "uk3"): "0–15/16–19/20–40 0–5/6/7–10 0–3/4/5–10 0–5/6/7–10 0–3/4–5/6–10 6–10/5/0–4 0/1/2–10",
    ("sdq-p", "uk4"): "0–13/14–16/17–19/20–40 0–3/4/5–6/7–10 0–2/3/4–5/6–10 0–5/6–7/8/9–10 0–2/3/4/5–10 "
    "8–10/7/6/0–5 0/1/2/3–10",
    ("sdq-t", "uk4"): "0–11/12–15/16–18/19–40 0–3/4/5/6–10 0–2/3/4/5–10 0–5/6–7/8/9–10 0–2/3–4/5/6–10 "
    "6–10/5/4/0–3 0/1/2/3–6",
    ("sdq-s", "uk4"): "0–14/15–17/18–19/20–40 0–4/5/6/7–10 0–3/4/5/6–10 0–5/6/7/8–10 0–2/3/4/5–10 "
    "7–10/6/5/0–4 0/1/2/3–10",
    ("sdq-p", "cn_shanghai_2008"): "0–14/15–16/17–40 0–3/4/5–10 0–2/3/4–10 0–6/7/8–10 0–4/5/6–10 6–10/5/0–4",
    ("sdq-t", "cn_shanghai_2008"): "0–13/14–17/18–40 0–3/4/5–10 0–2/3/4–10 0–6/7–8/9–10 0–4/5/6–10 5–10/4/0–3",
    ("sdq-s", "cn_shanghai_2008"): "0–14/15–17/18–40 0–4/5/6–10 0–3/4/5–10 0–5/6/7–10 0–4/5/6–10 6–10/5/0–4",
}
OTHER_BANDS = {
    ("sdq-p", "cn_provinces_2013", "total"): "0–16/17–18/19–40",
    ("sdq-p", "cn_provinces_2013", "conduct"): "0–3/4/5–10",
    ("sdq-p", "cn_provinces_2013", "prosocial"): "5–10/4/0–3",
    ("phq-9", "severity5", "total"): "0–4/5–9/10–14/15–19/20–27",
    ("phq-9", "screen_adult_10", "total"): "0–9/10–27",
    ("phq-9", "screen_us_adolescent_11", "total"): "0–10/11–27",
    ("phq-9", "screen_tw_adolescent_15", "total"): "0–14/15–27",
    ("phq-8", "severity5", "total"): "0–4/5–9/10–14/15–19/20–24",
    ("phq-8", "screen_adult_10", "total"): "0–9/10–24",
    ("phq-2", "screen_adolescent_3", "total"): "0–2/3–6",
    ("phq-2", "screen_primary_care_2", "total"): "0–1/2–6",
    ("gad-7", "severity4", "total"): "0–4/5–9/10–14/15–21",
    ("gad-7", "screen_adult_10", "total"): "0–9/10–21",
    ("gad-7", "screen_hk_youth_7", "total"): "0–6/7–21",
    ("ces-dc", "screen_from_15", "total"): "0–14/15–60",
    ("ces-dc", "screen_above_15", "total"): "0–15/16–60",
    ("mht", "line_65_8", "total"): "0–64/65–90",
    ("mht", "line_65_8", "learning"): "0–7/8–15",
    ("mht", "levels_3_8", "phobia"): "0–3/4–7/8–10",
    ("who-5", "low_50", "index"): "51–100/0–50",
    ("who-5", "low_50", "raw"): "13–25/0–12",
}
BANDS = {
    **{
        (form, scheme, scale): printed
        for (form, scheme), line in BANDS_OF_SDQ.items()
        for scale, printed in zip(ORDER, line.split(), strict=False)
    },
    **OTHER_BANDS,
}


@pytest.mark.parametrize(("form", "scheme", "scale"), BANDS, ids="-".join)
def test_bands_are_those_of_the_source_and_hold_on_both_sides_of_every_line(form, scheme, scale):
    bands = load(form).scales[scale].band_schemes[scheme]
    printed = [tuple(int(n) for n in part.split("–")) for part in BANDS[form, scheme, scale].split("/")]
    assert [(band.low, band.high) for band in bands.bands] == [(ends[0], ends[-1]) for ends in printed]
    for band in bands.bands:
        assert list(band_of(bands, np.array([band.low, band.high]))) == [band.id, band.id]


def test_scores_of_these_forms_are_sorted_by_no_other_bands():
    shown = {(form, scheme) for form in IDS for scale in load(form).scales.values() for scheme in scale.band_schemes}
    weak = {("phq-a", "severity5"), ("phq-a-7d", "severity5"), ("who-5", "low_28")}
    assert shown == {(form, scheme) for form, scheme, _ in BANDS} | weak


def test_a_default_is_for_the_informant_of_the_form():
    for form in ("sdq-p", "sdq-t", "sdq-s"):
        assert load(form).default_band_scheme == "cn_shanghai_2008"
        assert load(form).default_bands("total").informant == load(form).informant


def test_a_table_seen_in_one_place_only_never_reaches_a_report():
    for form, verified in {"sdq-p": False, "sdq-s": False, "sdq-t": True}.items():
        names = [scheme.id for scheme in load(form).scales["total"].verified_bands]
        assert ("uk4" in names) is verified
        assert ("band scheme uk4" in load(form).unverified) is not verified


def test_the_peer_scale_has_no_bands_where_its_items_did_not_hold_together():
    assert "cn_provinces_2013" not in load("sdq-p").scales["peer"].band_schemes
    assert load("sdq-p").scales["total"].band_schemes["cn_provinces_2013"].ages == (5, 13)


@pytest.mark.parametrize(
    "form", ["mspss", "cls-always-1", "cls-always-5", "rsca", "rses", "pacs-m", "bmslss", "pwi-sc"]
)
def test_where_no_line_is_accepted_there_are_no_bands(form):
    assert not any(scale.band_schemes for scale in load(form).scales.values())


@pytest.mark.parametrize("form", ["ces-dc", "phq-a", "phq-a-7d"])
def test_weak_lines_are_never_the_default(form):
    assert load(form).default_band_scheme is None
    assert load(form).scales["total"].verified_bands == ()


# --- SDQ -----------------------------------------------------------------------------------------------------


def test_the_sdq_example_of_another_library_gives_its_scores():
    """Its answers are reversed and sorted by scale; here they are turned back into printed codes."""
    example = {
        "emotional": (0, 2, 1, 1, 0), "conduct": (2, 2, 1, 2, 1), "hyperactivity": (0, 0, 1, 1, 2),
        "peer": (2, 1, 0, 1, 2), "prosocial": (1, 0, 1, 0, 2),
    }  # fmt: skip
    for form in ("sdq-p", "sdq-t", "sdq-s"):
        instrument = load(form)
        codes: dict[str, int] = {}
        for scale, points in example.items():
            for name, point in zip(instrument.scales[scale].items, points, strict=True):
                codes[name] = 2 - point if instrument.items[name].reverse else point
        got = scores_of(instrument, row(instrument, 0, **codes))
        assert [got[s] for s in example] == [4, 8, 4, 6, 4]
        assert (got["total"], got["internalising"], got["externalising"]) == (22, 10, 12)


def test_reversed_columns_that_are_made_and_then_not_used_are_noticed():
    """Copies of the official syntax sum the columns as answered; then all answers 0 give 0."""
    instrument = load("sdq-s")
    plain = {name: replace(item, reverse=False) for name, item in instrument.items.items()}
    wrong = replace(instrument, items=MappingProxyType(plain))
    assert scores_of(instrument, row(instrument, 0))["total"] == 10
    assert scores_of(wrong, row(wrong, 0))["total"] == 0
    vectors = _usable(instrument)
    assert _failing(wrong, vectors, _vector_rows(instrument, vectors))


@pytest.mark.parametrize(
    ("given", "score"),
    [((2, 1, 1, None, None), 7), ((2, 0, 0, 0, None), 3), ((2, 2, 2, 0, None), 8), ((2, 2, None, None, None), None)],
)
def test_an_sdq_scale_needs_three_answers_and_rounds_half_up(given, score):
    instrument = load("sdq-s")
    codes = dict(zip(instrument.scales["emotional"].items, given, strict=True))
    assert scores_of(instrument, row(instrument, 0, **codes))["emotional"] == score


def test_an_sdq_total_needs_all_four_scales():
    instrument = load("sdq-s")
    got = scores_of(instrument, row(instrument, 0, sdq03=None, sdq08=None, sdq13=None))
    assert (got["emotional"], got["total"], got["internalising"], got["externalising"]) == (None, None, None, 6)


@pytest.mark.parametrize(
    ("form", "recoded", "impact"),
    [("sdq-p", (1, 0, 0, 1, 0), 2), ("sdq-t", (2, 0, 1), 3), ("sdq-s", (0, 1, 0, 1, 2), 4), ("sdq-t", (2, 2, 2), 6)],
)
def test_impact_sums_recoded_answers_and_is_never_stretched_to_five_items(form, recoded, impact):
    instrument = load(form)
    printed = {0: 0, 1: 2, 2: 3}  # recoded 0 is printed 0 or 1
    codes = {name: printed[r] for name, r in zip(instrument.scales["impact"].items, recoded, strict=True)}
    assert scores_of(instrument, row(instrument, 0, sdq26=1, **codes))["impact"] == impact


@pytest.mark.parametrize("form", ["sdq-p", "sdq-t", "sdq-s"])
def test_printed_code_1_adds_nothing_to_impact(form):
    assert scores_of(load(form), row(load(form), 1))["impact"] == 0


@pytest.mark.parametrize("form", ["sdq-p", "sdq-t", "sdq-s"])
def test_without_difficulties_impact_is_0_whether_or_not_the_rest_was_answered(form):
    instrument = load(form)
    supplement = {name: None for name, item in instrument.items.items() if item.number > 26}
    assert scores_of(instrument, row(instrument, 0, **supplement))["impact"] == 0
    assert scores_of(instrument, row(instrument, 0, sdq28=3))["impact"] == 0
    assert scores_of(instrument, row(instrument, 0, sdq26=1, sdq28=None))["impact"] is None
    assert all(item.asked_if is not None for item in instrument.items.values() if item.number > 26)


def test_added_value_is_for_groups_and_compares_with_what_was_to_be_expected():
    (formula,) = load("sdq-p").derived
    waves = {1: {"total": 16, "impact": 2, "emotional": 5}, 2: {"total": 13}}
    value = formula.constant + sum(term.weight * waves[term.wave][term.scale] for term in formula.terms)
    assert value == pytest.approx(1.0, abs=1e-12)  # binary fractions
    assert (formula.applies_to, formula.effect_size_divisor, formula.direction) == (
        "groups_only",
        5,
        "higher_is_better",
    )
    assert not load("sdq-t").derived
    assert not load("sdq-s").derived


@pytest.mark.parametrize("form", ["sdq-p", "sdq-t", "sdq-s"])
def test_the_sdq_is_not_given_in_parts_and_not_on_a_screen_without_permission(form):
    licence = load(form).licence
    assert licence.permits("subset") == "forbidden"
    assert licence.permits("electronic") == "with_permission"
    assert not licence.text_redistributable


def test_the_sdq_self_report_is_not_for_children_under_eleven():
    assert load("sdq-s").too_young(10.9)
    assert not load("sdq-s").too_young(11.0)
    assert not load("sdq-p").too_young(4.0)


# --- PHQ and GAD-7 -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("raw", "score", "band"), [(4, 5, "mild"), (12, 14, "moderate"), (20, 23, "severe")])
def test_eight_answers_of_the_phq_9_are_prorated_half_up(raw, score, band):
    instrument = load("phq-9")
    codes: list[float | None] = [min(3, max(0, raw - 3 * i)) for i in range(8)]
    assert answered(instrument, [*codes, None])["total"] == score
    severity = instrument.scales["total"].band_schemes["severity5"]
    assert band_of(severity, np.array([score]))[0] == band


@pytest.mark.parametrize("form", ["phq-9", "phq-a", "phq-a-7d"])
def test_a_phq_of_nine_items_needs_seven(form):
    instrument = load(form)
    assert answered(instrument, [1, 1, None, 1, None, 1, 1, 1, 1])["total"] == 9
    assert answered(instrument, [1, 1, None, 1, None, 1, None, 1, 1])["total"] is None


def test_published_answers_give_published_scores():
    phq = answered(load("phq-9"), [3, 0, 1, 2, 0, 0, 1, 0, 3])
    gad = answered(load("gad-7"), [3, 0, 1, 2, 0, 0, 1])
    who = answered(load("who-5"), [4, 1, 0, 2, 3])
    assert (phq["total"], gad["total"], who["raw"], who["index"]) == (10, 7, 10, 40)


def test_every_answer_but_never_to_item_9_is_urgent_even_where_nothing_can_be_scored():
    for form in ("phq-9", "phq-a", "phq-a-7d"):
        instrument = load(form)
        rows = np.full((4, 9), np.nan)
        rows[:, 8] = [0, 1, 2, 3]
        found = critical_answers(instrument, rows)
        assert [(answer.row, answer.level) for answer in found] == [(1, "urgent"), (2, "urgent"), (3, "urgent")]
        assert np.isnan(score_instrument(instrument, rows).scales["total"].score).all()
        (item,) = instrument.critical_items()
        assert item.number == 9
        assert item.critical[0].omit_form == "phq-8"
    assert not list(load("phq-8").critical_items())


def test_the_adolescent_form_is_pinned_by_recall_and_carries_no_wording():
    two_weeks, seven_days = load("phq-a"), load("phq-a-7d")
    assert (two_weeks.recall.value, two_weeks.recall.unit) == (2, "week")
    assert (seven_days.recall.value, seven_days.recall.unit, seven_days.recall.status) == (7, "day", "unverified")
    assert two_weeks.item_order != load("phq-9").item_order
    assert not any(
        text for form in (two_weeks, seven_days) for item in form.items.values() for text in item.text.values()
    )


@pytest.mark.parametrize("form", ["phq-9", "phq-8", "phq-2", "gad-7"])
def test_free_wording_stands_in_three_languages_with_its_standing(form):
    instrument = load(form)
    assert instrument.licence.evidence
    assert instrument.text_status == {
        "en": "original",
        "zh-Hans": "circulating_translation",
        "zh-Hant": "character_conversion",
    }
    for item in instrument.items.values():
        assert all(item.text[language] for language in ("en", "zh-Hant", "zh-Hans"))
        assert [option.label["en"] for option in item.responses.options] == [
            "Not at all", "Several days", "More than half the days", "Nearly every day",
        ]  # fmt: skip


def test_short_forms_ask_the_first_questions_of_the_phq_9():
    long = list(load("phq-9").items.values())
    for form, n in (("phq-8", 8), ("phq-2", 2)):
        assert [item.text for item in load(form).items.values()] == [item.text for item in long[:n]]


def test_the_bands_of_a_web_page_for_the_gad_7_are_not_used():
    for scheme in load("gad-7").scales["total"].band_schemes.values():
        assert not {13, 14, 18, 19} & {band.low for band in scheme.bands}


# --- MHT -----------------------------------------------------------------------------------------------------


def _mht(yes: set[int]) -> NDArray[np.float64]:
    return np.array([[float(n in yes) for n in range(1, 101)]])


@pytest.mark.parametrize(
    ("yes", "total", "lie", "impulsive"),
    [
        (set(range(1, 101)), 90, 10, 10),  # 100 where the validity scale is added
        (set(range(1, 101, 2)), 50, 0, 10),
        (set(range(2, 101, 2)), 40, 10, 0),  # 50 where it is added
    ],
)
def test_the_mht_total_leaves_the_validity_scale_out(yes, total, lie, impulsive):
    got = scores_of(load("mht"), _mht(yes))
    assert (got["total"], got["lie"], got["impulsive"]) == (total, lie, impulsive)


def test_item_100_of_the_mht_does_not_count_as_loneliness():
    got = scores_of(load("mht"), _mht({100}))
    assert (got["loneliness"], got["lie"], got["total"]) == (0, 1, 0)
    assert scores_of(load("mht"), _mht(set(range(1, 101))))["loneliness"] == 10


def test_the_mht_has_a_hundred_questions_with_two_answers():
    items: Mapping[str, Item] = load("mht").items
    assert len(items) == 100
    assert {tuple(sorted(item.responses.codes)) for item in items.values()} == {(0, 1)}


@pytest.mark.parametrize(("points", "met"), [(6, "not_met"), (7, "met"), (10, "met")])
def test_seven_points_of_the_validity_scale_mark_a_form_and_remove_nothing(points, met):
    instrument = load("mht")
    answers = _mht(set(range(82, 82 + 2 * points, 2)))
    scores = score_instrument(instrument, answers).scales
    assert check_gates(instrument, answers, scores)["lie"][0] == met
    assert scores["total"].score[0] == 0
    gate = next(gate for gate in instrument.validity if gate.id == "lie")
    assert (gate.action, gate.report_both, gate.status) == ("flag", True, "weak")


@pytest.mark.parametrize("first", [1, 2])
def test_yes_and_no_in_turn_is_marked_in_both_phases_though_the_validity_scale_sees_one(first):
    instrument = load("mht")
    answers = _mht(set(range(first, 101, 2)))
    gates = check_gates(instrument, answers, score_instrument(instrument, answers).scales)
    assert gates["alternating"][0] == "met"
    assert gates["lie"][0] == ("not_met" if first == 1 else "met")


def test_critical_answers_of_the_mht_have_two_levels():
    found = critical_answers(load("mht"), _mht(set(range(1, 101))))
    assert [(answer.item, answer.level) for answer in found] == [
        ("mht085", "urgent"),
        ("mht089", "attention"),
        ("mht097", "urgent"),
    ]
    assert critical_answers(load("mht"), _mht(set())) == ()


def test_the_items_of_the_mht_that_differ_between_prints_are_named():
    assert any({"38", "51", "88"} <= set(re.findall(r"\d+", caution["en"] or "")) for caution in load("mht").cautions)


# --- direction of printed codes ------------------------------------------------------------------------------


def test_the_two_prints_of_the_loneliness_scale_are_mirror_images():
    one, five = load("cls-always-1"), load("cls-always-5")
    rng = np.random.default_rng(20261124)
    answers = rng.integers(1, 6, size=(50, 24)).astype(float)
    np.testing.assert_array_equal(
        score_instrument(one, answers).scales["total"].score, score_instrument(five, 6 - answers).scales["total"].score
    )
    assert (one.code_direction.first_code, five.code_direction.first_code) == (1, 5)


@pytest.mark.parametrize("form", ["cls-always-1", "cls-always-5"])
def test_fillers_of_the_loneliness_scale_neither_count_nor_are_needed(form):
    instrument = load(form)
    fillers = [item.number for item in instrument.items.values() if not item.scored]
    assert fillers == [2, 5, 7, 11, 13, 15, 19, 23]
    without = {f"cls{n:02d}": None for n in fillers}
    assert scores_of(instrument, row(instrument, 3, **without))["total"] == 48


def test_the_two_prints_of_the_self_esteem_scale_are_mirror_images():
    usual, agree = load("rses"), load("rses-agree-first")
    rng = np.random.default_rng(20261124)
    answers = rng.integers(1, 5, size=(50, 10)).astype(float)
    for scale in usual.scales:
        np.testing.assert_array_equal(
            score_instrument(usual, answers).scales[scale].score,
            score_instrument(agree, 5 - answers).scales[scale].score,
        )
    assert usual.code_direction.first_means == "strongly disagree"
    assert agree.code_direction.first_means == "strongly agree"


@pytest.mark.parametrize("other", ["rses-agree-first", "rses-satisfied-first"])
def test_constant_answers_do_not_tell_two_prints_of_the_self_esteem_scale_apart_but_the_stair_does(other):
    usual, wrong = load("rses"), load(other)
    for code in (1, 2, 3, 4):
        assert scores_of(usual, row(usual, code))["total_10"] == scores_of(wrong, row(wrong, code))["total_10"] == 25
    assert scores_of(usual, row(usual, "stair"))["total_10"] != scores_of(wrong, row(wrong, "stair"))["total_10"]


@pytest.mark.parametrize("form", ["rses", "rses-agree-first", "rses-satisfied-first"])
def test_item_8_is_left_out_by_default_and_two_totals_show_whether_that_matters(form):
    scales = load(form).scales
    assert next(iter(scales)) == "total_9"
    assert {s.id: s.sensitivity_of for s in scales.values()} == {
        "total_9": None, "total_10": "total_9", "total_10_item8_positive": "total_9",
    }  # fmt: skip
    low = scores_of(load(form), row(load(form), 2, _08=1))
    high = scores_of(load(form), row(load(form), 2, _08=4))
    assert low["total_9"] == high["total_9"]
    assert abs(high["total_10"] - low["total_10"]) == 3
    assert high["total_10"] - low["total_10"] == low["total_10_item8_positive"] - high["total_10_item8_positive"]


@each_form
def test_a_form_with_reversed_items_says_what_its_first_printed_code_means(form):
    instrument = load(form)
    turned = any(s.reverses(instrument.items[name]) for s in instrument.scales.values() for name in s.items)
    assert not turned or instrument.code_direction is not None


# --- WHO-5, BMSLSS, PWI-SC, PACS -----------------------------------------------------------------------------


def test_raw_12_of_the_who_5_is_low_and_raw_13_is_not():
    scheme = load("who-5").scales["index"].band_schemes["low_50"]
    for codes, index, band in (([5, 5, 2, 0, 0], 48, "low"), ([5, 5, 3, 0, 0], 52, "not_low")):
        got = answered(load("who-5"), codes)["index"]
        assert (got, band_of(scheme, np.array([got]))[0]) == (index, band)


def test_the_coefficients_of_the_who_5_say_whose_they_are():
    named = {entry.population for entry in load("who-5").scales["index"].reliability}
    assert named == {"children of a poor area of Hubei", "tertiary healthcare students"}


def test_the_overall_question_is_not_in_the_sum_of_domains():
    instrument = load("bmslss")
    assert not instrument.items["bms6"].scored
    assert scores_of(instrument, row(instrument, 1, bms6=7))["total"] == 5


def test_two_editions_with_other_end_points_are_two_forms():
    new, old = load("pwi-sc"), load("pwi-sc-sad-happy")
    assert (new.code_direction.first_means, old.code_direction.first_means) == ("not at all happy", "very sad")
    assert list(new.items) == list(old.items)


@pytest.mark.parametrize("form", ["pacs-m", "pacs-f", "pacs-p"])
def test_a_question_that_does_not_apply_is_no_answer(form):
    got = scores_of(load(form), row(load(form), 3, pacs02=9))
    assert (got["open"], got["problems"], got["total"]) == (30, None, None)


# --- what was withdrawn, and what nobody may reproduce -------------------------------------------------------

WITHDRAWN = {
    "sdq": (
        "9.63",
        "4.79",
        "1264",
        "12.87",
        "13.66",
        "1.72",
        "12.26",
    ),  # a home-quarantine survey; toddlers; a misprint
    "phq": ("value_pct: 20",),
    "mht": ("5.64", "3.07", "3.28"),
}


@pytest.mark.parametrize("family", WITHDRAWN)
def test_withdrawn_numbers_are_gone(family):
    for path in (QUESTIONNAIRES / family).glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        for number in WITHDRAWN[family]:
            assert not re.search(rf"(?<![\d.]){re.escape(number)}(?![\d.])", text), (path.name, number)


@each_form
def test_a_rule_for_missing_answers_without_a_source_asks_for_every_item(form):
    instrument = load(form)
    for scale in instrument.scales.values():
        if scale.missing.status == "unverified":
            assert scale.missing.fill == "none"
            assert scale.missing.min_answered == len(scale.items or scale.of_scales)


def test_changes_that_are_often_quoted_and_never_sourced_stay_out():
    for form, scale in (("phq-9", "total"), ("who-5", "index")):
        assert any("important difference" in entry for entry in load(form).unverified)
        assert {d.value for d in load(form).scales[scale].important_difference} <= {1.7, None}


@pytest.mark.parametrize("form", [form for form in IDS if form not in ("phq-9", "phq-8", "phq-2", "gad-7")])
def test_wording_that_is_not_free_is_absent(form):
    instrument = load(form)
    assert not instrument.licence.text_redistributable
    assert not any(text for item in instrument.items.values() for text in item.text.values())
    assert not any(o.label.get("en") for item in instrument.items.values() for o in item.responses.options)
    assert not any(instrument.stem.values())


@each_form
def test_nobody_has_checked_the_form_yet_and_the_file_says_so(form):
    assert load(form).checked_by is None


# --- languages -----------------------------------------------------------------------------------------------


SIMPLIFIED_IN_BIG5 = "万与个么价体儿几划异听术机种胜适郁"


def _texts(value: object, language: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, entry in value.items():
            if key == language and isinstance(entry, str):
                yield entry
            else:
                yield from _texts(entry, language)
    elif isinstance(value, list):
        for entry in value:
            yield from _texts(entry, language)


@pytest.mark.parametrize(("language", "characters"), [("zh-Hant", "big5"), ("zh-Hans", "gb2312")])
@each_form
def test_traditional_and_simplified_characters_are_not_mixed(form, language, characters):
    """GB 2312 holds no traditional characters, Big5 of the simplified ones only some, as rare ones."""
    family = next(family for family, name in FORMS if name == form)
    for text in _texts(read_yaml(QUESTIONNAIRES / family / f"{form}.yaml").data, language):
        strange = [c for c in re.findall(r"[\u3400-\u9fff]", text) if not _writes(c, characters)]
        strange += [c for c in text if language == "zh-Hant" and c in SIMPLIFIED_IN_BIG5]
        assert not strange, f"{strange} in {text!r}"


def _writes(character: str, characters: str) -> bool:
    try:
        character.encode(characters)
    except UnicodeEncodeError:
        return False
    return True


@each_form
def test_no_label_calls_a_child_abnormal(form):
    family = next(family for family, name in FORMS if name == form)
    text = (QUESTIONNAIRES / family / f"{form}.yaml").read_text(encoding="utf-8")
    assert not re.search(r"abnormal|異常|异常|问题儿童|問題兒童|高危", text)


# --- faults of others that must not load ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "old", "new"),
    [
        ("sdq/sdq-p", "cn_shanghai_2008: [[0, 6], [7, 7], [8, 10]]", "cn_shanghai_2008: [[0, 3], [5, 5], [5, 10]]"),
        ("sdq/sdq-t", "range: [0, 6]", "range: [0, 10]"),
        ("sdq/sdq-s", "informant: self\n    status", "informant: parent\n    status"),
        ("gad-7/gad-7", 'first_means: "Not at all"', 'first_means: "Not at all sure"'),
        ("mht/mht", "range: [0, 90]", "range: [0, 100]"),
        ("cls/cls-always-1", "first_code: 1, first_means", "first_code: 5, first_means"),
        ("who-5/who-5", "low_50: [[51, 100], [0, 50]]", "low_50: [[50, 100], [0, 50]]"),
        ("pwi-sc/pwi-sc", "{multiply: 10}", "{multiply: 1}"),
        ("rses/rses", "- {id: rses03, n: 3, reverse: true}", "- {id: rses03, n: 3}"),
        ("pacs/pacs-m", "reverse_override: {pacs02: true", "reverse_override: {pacs01: true"),
        ("phq/phq-9", "rounding: half_up", "rounding: none"),
        ("phq/phq-2", "screen_adolescent_3: [[0, 2], [3, 6]]", "screen_adolescent_3: [[0, 3], [4, 6]]"),
    ],
)
def test_a_definition_with_a_known_fault_does_not_load(change_form, problems_of, form, old, new):
    assert problems_of(change_form((old, new), form=form))


def test_wording_of_a_form_that_may_not_be_copied_does_not_load(change_form, problems_of):
    text = change_form(
        ("- {id: sdq01, n: 1}", '- {id: sdq01, n: 1, text: {en: "An invented sentence."}}'), form="sdq/sdq-s"
    )
    assert any("may not be redistributed" in problem.what for problem in problems_of(text))


def test_every_form_of_the_first_tier_is_there_and_loads():
    for family, form in FORMS:
        try:
            load(form)
        except DefinitionError as error:  # the message names file and line
            pytest.fail(str(error))
        assert load(form).family == family
