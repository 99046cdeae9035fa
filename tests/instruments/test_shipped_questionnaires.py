"""What every questionnaire in the folder must keep to."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from eval_tools.definitions.strict_yaml import read_yaml
from eval_tools.instruments.key import points_of, score_instrument
from eval_tools.instruments.load import load_instrument, load_instruments

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "questionnaires").rglob("*.y*ml"))
LANGUAGES = ("en", "zh-Hant", "zh-Hans")

load = cache(load_instrument)  # a test changes nothing
read = cache(read_yaml)
each = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def test_there_are_questionnaires():
    assert {"ahi", "ces-d"} <= {path.stem for path in FILES}


def test_the_whole_folder_loads_and_every_id_is_its_file_name():
    loaded = load_instruments(ROOT / "questionnaires")
    assert [i.id for i in loaded.values()] == list(loaded) == sorted(path.stem for path in FILES)


@each
def test_a_questionnaire_lies_in_the_folder_of_its_family(path):
    assert path.parent == ROOT / "questionnaires" / load(path).family
    assert path.suffix == ".yaml"  # *.yml would not be found


@each
def test_three_titles_are_given_for_the_form_every_scale_and_every_band(path):
    instrument = load(path)
    schemes = [scheme for scale in instrument.scales.values() for scheme in scale.band_schemes.values()]
    texts = [instrument.title, *(scale.title for scale in instrument.scales.values())]
    texts += [band.label for scheme in schemes for band in scheme.bands]
    texts += [scheme.note for scheme in schemes if scheme.note is not None]
    for text in texts:
        assert all((text[language] or "").strip() for language in LANGUAGES)
        assert re.search(r"[\u4e00-\u9fff]", text["zh-Hant"])
        assert re.search(r"[\u4e00-\u9fff]", text["zh-Hans"])


@each
def test_wording_stands_only_where_it_may_be_redistributed(path):
    data = read(path).data
    texts = [text for item in data["items"]["list"] for text in (item.get("text") or {}).values()]
    texts += [
        text for s in data["response_sets"].values() for o in s.get("options", ()) for text in o["label"].values()
    ]
    texts += list(data.get("stem", {}).values())
    wording = [text for text in texts if text is not None]
    assert data["licence"]["text_redistributable"] or not wording
    if wording:
        assert data["licence"]["evidence"]
        assert data["licence"]["status"] in {
            "public_domain", "free_to_reproduce_translate_distribute", "open_licence",
        }  # fmt: skip


@each
def test_where_wording_stands_it_is_said_what_kind_of_text_it_is(path):
    data = read(path).data
    items = data["items"]["list"]
    used = {language for item in items for language, text in (item.get("text") or {}).items() if text}
    assert used <= set(data.get("text_status", {}))


@each
def test_at_least_four_vectors_prove_the_key(path):
    instrument = load(path)
    assert len(instrument.test_vectors) >= 4
    proved = {target.partition("@")[0] for vector in instrument.test_vectors for target in vector.expect}
    proved -= {"critical", "validity", "refused"}
    assert proved == set(instrument.scales)


@each
def test_a_vector_shows_what_happens_without_an_answer(path):
    instrument = load(path)
    assert any(None in vector.answers.values() for vector in instrument.test_vectors)


@each
def test_what_is_called_verified_names_a_source_that_is_not_weak(path):
    data = read(path).data
    claims = [*data.get("band_schemes", {}).values()]
    claims += [scale["missing"] for scale in data["scales"] if "missing" in scale]
    for claim in claims:
        if claim.get("status") == "verified":
            assert {data["sources"][name]["confidence"] for name in claim["source"]} <= {"A", "B"}
            assert claim["source"]


@each
def test_the_default_bands_are_verified(path):
    instrument = load(path)
    for scale in instrument.scales.values():
        bands = instrument.default_bands(scale.id)
        assert bands is None or bands.status == "verified"


@each
def test_the_last_entry_of_the_changes_is_the_version(path):
    data = read(path).data
    assert data["changes"][-1]["version"] == data["version"]


def extreme_answers(instrument, scale, highest):
    """Answer every item of a scale so that it counts as much, or as little, as it can."""
    answers = {}
    for part in scale.of_scales:
        answers |= extreme_answers(instrument, instrument.scales[part], highest)
    for name in scale.items:
        points = points_of(scale, instrument.items[name])
        up = highest if scale.weights.get(name, 1) > 0 else not highest
        answers[name] = (max if up else min)(points, key=points.__getitem__)
    return answers


@each
def test_the_ends_of_every_range_can_be_reached_and_not_left(path):
    instrument = load(path)
    items = list(instrument.items.values())
    same = [[pick(item.responses.scored_codes) for item in items] for pick in (min, max)]
    for scale in instrument.scales.values():
        if any(step.lookup for step in scale.transform) or (scale.overlapping and scale.of_scales):
            continue  # the ends are those of the table; an item counted twice cannot pull both ways
        ends = [extreme_answers(instrument, scale, highest) for highest in (False, True)]
        rows = [[answers.get(item.id, np.nan) for item in items] for answers in ends]
        score = score_instrument(instrument, np.array([*rows, *same], dtype=float)).scales[scale.id].score
        reached = set(score[:2]) if scale.zero_if is None else {0.0, *score[:2]}
        assert (min(reached), max(reached)) == pytest.approx((scale.low, scale.high), abs=1e-9)
        assert all(np.isnan(s) or scale.low - 1e-9 <= s <= scale.high + 1e-9 for s in score)


@each
def test_printed_numbers_run_from_one(path):
    instrument = load(path)
    assert [item.number for item in instrument.items.values()] == list(range(1, len(instrument.items) + 1))
