"""The review list, LINKS on disk, and linkage failure by group."""

from __future__ import annotations

import csv
import os
import stat

import pandas as pd
import pytest

from eval_tools.errors import DataError
from eval_tools.intake.findings import Findings
from eval_tools.intake.linkage.failure import count_linkage, note_changed_links
from eval_tools.intake.linkage.keep import read_links, write_links
from eval_tools.intake.linkage.link import link_forms
from eval_tools.intake.linkage.review import REASONS, write_review_list

WAVES = ("autumn", "spring")
TABLE = """
    autumn | | abcdefg | s1 | f | 3
    autumn | | tuvwxyz | s1 | m | 3
    autumn | | mnopqrs | s1 | m | 3
    spring | | abcdefx | s1 | f | 3
    spring | | tuvwxab | s1 | f | 3
    spring | | ccccccc | s1 | f | 3
"""
NAMES = [f"e{i}" for i in range(1, 8)]


@pytest.fixture
def linked(forms_of):
    return link_forms(forms_of(TABLE), waves=WAVES)


def test_the_review_list_says_what_differs_and_never_a_value(tmp_path, linked):
    path = tmp_path / "linkage" / "demo" / "review.csv"
    write_review_list(path, linked.cases, element_names=NAMES)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    first = rows[0]
    assert (first["file"], first["row"], first["why"]) == ("spring/child.csv", "3", REASONS["two_off"])
    assert (first["candidate_file"], first["candidate_row"]) == ("autumn/child.csv", "3")
    assert (first["elements_that_differ"], first["distance"]) == ("e6 e7", "2")
    assert (first["same_school"], first["same_sex"], first["grade_fits"]) == ("yes", "no", "yes")
    text = path.read_text(encoding="utf-8-sig")
    assert not any(name in text for name in ("tuvwx", *linked.pseudonyms))


@pytest.mark.skipif(os.name != "posix", reason="file modes as on POSIX")
def test_only_the_owner_may_read_lists_of_children(tmp_path, linked):
    folder = tmp_path / "linkage" / "demo"
    write_review_list(folder / "review.csv", linked.cases, element_names=NAMES)
    write_links(folder / "links.csv", linked.links)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert {path.name for path in folder.iterdir()} == {"review.csv", "links.csv"}


def test_a_list_with_nothing_left_goes_away(tmp_path, linked):
    path = tmp_path / "linkage" / "demo" / "review.csv"
    write_review_list(path, linked.cases, element_names=NAMES)
    write_review_list(path, (), element_names=NAMES)
    assert not path.exists()


def test_links_come_back_as_they_were_kept(tmp_path, linked):
    path = tmp_path / "linkage" / "demo" / "links.csv"
    assert read_links(path).empty
    write_links(path, linked.links)
    pd.testing.assert_frame_equal(read_links(path), linked.links, check_dtype=False)
    path.write_text("pseudonym,wave\n", encoding="utf-8")
    with pytest.raises(DataError, match="not the list that was kept"):
        read_links(path)


def test_linkage_failure_is_counted_by_group(linked):
    names = linked.pseudonyms
    groups = ["programme", "programme", "comparison", "programme", "programme", "comparison"]
    people = pd.DataFrame({"participant": names, "group": groups, "site": "s1"}).drop_duplicates("participant")
    table = count_linkage(linked.links, people, waves=WAVES).set_index("group")
    assert table.loc["programme"].tolist() == ["spring", 2, 1, 2, 1]
    assert table.loc["comparison"].tolist() == ["spring", 1, 0, 1, 0]


def test_a_file_that_changed_after_linkage_is_reported(linked):
    findings = Findings()
    now = linked.links.assign(source_file_sha=linked.links["source_file_sha"].replace("b" * 64, "e" * 64))
    note_changed_links(linked.links, now, findings, where="links.csv")
    table = findings.table()
    assert table["rule"].tolist() == ["linked_file_changed"]
    assert table["detail"].iloc[0].startswith("1 raw files were changed or removed after their 3 forms")


def test_a_form_that_becomes_another_childs_is_reported(linked):
    findings = Findings()
    before = linked.links.assign(pseudonym=["other", *linked.links["pseudonym"][1:]])
    note_changed_links(before, linked.links, findings, where="links.csv")
    assert findings.table()["rule"].tolist() == ["link_changed"]
    again = Findings()
    note_changed_links(linked.links, linked.links, again, where="links.csv")
    assert again.table().empty
