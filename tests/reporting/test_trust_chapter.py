"""How far the answers can be trusted: the chapter of signs, open items and links, from released tables only."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from eval_tools import open_study
from eval_tools.errors import DisclosureError
from eval_tools.intake.quality.counts import HOW_MANY
from eval_tools.privacy.disclosure import DisclosureRule, release_flow
from eval_tools.reporting.chapters.trust import trust_chapter
from eval_tools.reporting.material import Desk, Material

LANGUAGES = ("en", "zh-Hant", "zh-Hans")


@pytest.fixture(scope="module")
def run(make_little):
    """A little study of 120 children; in spring 30 children of the programme mark one answer throughout."""
    bench = make_little()
    rows = bench.invent(60)
    lines = [row for row in rows if row[1] == "spring" and row[2] == "programme"][:30]
    for row in lines:
        row[3:] = [2] * 20
    bench.write_answers(rows)
    return open_study("little", start=bench.root)


def chapter(material: Material, language: str = "en"):
    return trust_chapter(Desk(material, language))


def table(found, name: str):
    return next(block for block in found.blocks if block.id == name)


def test_forms_with_a_line_are_found_and_stay_in_the_study(run):
    found = table(chapter(run.material), "trust-signs-child")
    line = next(row for row in found.rows if row[0].startswith("the same answer to at least half"))
    quality = run.quality.merge(run.participants, on="participant")
    of_line = quality[quality["signs"].str.contains("long_string")]
    assert of_line[["group", "wave"]].value_counts().to_dict() == {("programme", "spring"): 30}
    assert not any(cell.isdigit() for cell in line[1:3])  # nobody in the comparison group, which the 30 would tell
    assert len(run.scores[run.scores["status"] == "scored"]["participant"].unique()) == 120


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_count_below_the_threshold_is_shown_in_any_language(run, language):
    found = chapter(run.material, language)
    for block in found.blocks:
        cells = [cell for row in getattr(block, "rows", ()) for cell in row[1:]]
        assert not [cell for cell in cells if cell.isdigit() and int(cell) < 10]
    assert [block.id for block in found.blocks] == [
        *("trust-text", "trust-picture-child", "trust-signs-child", "trust-open-child", "trust-note")
    ]


def test_the_picture_is_of_the_first_and_the_last_occasion_by_group(run):
    picture = table(chapter(run.material), "trust-picture-child")
    assert "Programme, autumn" in picture.drawing.alt
    assert "Comparison, spring" in picture.drawing.alt


def test_all_forms_of_an_occasion_have_one_number_of_signs(run):
    counted = run.released.quality.data
    signs = counted[(counted["measure"] == "signs") & (counted["group"] == "all")]
    assert set(signs["class"]) == set(HOW_MANY)


def test_links_are_told_by_group_where_the_study_links(run):
    rows = [("programme", "spring", 60, 47), ("comparison", "spring", 60, 52)]
    linkage = release_flow(
        pd.DataFrame(rows, columns=["group", "wave", "n_before", "n_found"]),
        name="linkage",
        rule=DisclosureRule(),
        counts=("n_before", "n_found"),
    )
    found = chapter(replace(run.material, linkage=linkage))
    assert table(found, "linkage-table").rows == (
        ("Programme: Spring", "60", "45"),
        ("Comparison: Spring", "60", "50"),
        ("All groups: Spring", "120", "95"),
    )
    assert found.blocks[-1].id == "linkage-note"


def test_where_nobody_looked_there_is_no_chapter(run):
    assert chapter(replace(run.material, quality=None)) is None


def test_counts_that_were_not_released_are_refused(run):
    with pytest.raises(DisclosureError, match="did not pass disclosure control"):
        replace(run.material, quality=run.released.quality.data)
