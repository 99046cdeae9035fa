"""The command a person types to see how far coders agree."""

import csv

import pytest

from eval_tools.runner.command import main
from interview_files import BESIDE, DATA, ZH


def test_the_page_shows_unit_people_codes_pairs_and_notes(capsys, tmp_path):
    table, units = tmp_path / "agreement.csv", tmp_path / "talk_about.csv"
    asked = ["interviews", "agreement", str(ZH / "utf16_crlf_bom.qdpx"), "--assignments", str(BESIDE["assignments"])]
    assert main([*asked, "--csv", str(table), "--disagreements", str(units)]) == 0
    page = capsys.readouterr().out
    assert "24 documents, 12 people; coders: Li, coder_C, 王編碼." in page
    assert "Unit: sentence. 196 units, 196 of them coded by two coders or more." in page
    assert "Groups of codes" in page
    assert "Cohen's kappa by pair" in page
    assert "positions are counted in UTF-16" in page
    (line,) = [line for line in page.split("\n") if line.startswith("想念") and "%" in line]
    assert "0.65 [" in line
    rows = list(csv.DictReader(table.read_text(encoding="utf-8-sig").splitlines()))
    assert {row["view"] for row in rows} == {"code", "parent", "pair", "part", "all"}
    assert len(units.read_text(encoding="utf-8-sig").splitlines()) > 20


def test_files_of_coders_and_other_names_are_taken(capsys):
    files = [str(p) for p in sorted((DATA / "docx-dedoose-comments").glob("*.docx"))]
    assert main(["interviews", "agreement", *files, "--same", "a=Ann", "--unit", "paragraph"]) == 0
    page = capsys.readouterr().out
    assert "coders: Ann, b, c." in page
    assert "too few people for an interval" in page


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (["--unit", "sentences"], 2, "unknown unit"),
        (["--same", "a"], 2, "not of the form"),
        (["--blank", "zero"], 2, "unknown meaning"),
        (["--overlap", "90"], 2, "overlap is 90"),
        (["--unit", "given"], 3, "give no units of their own"),
        (["--texts", "nowhere"], 3, "is no folder"),
    ],
)
def test_wrong_options_are_told_without_a_traceback(capsys, more, code, words):
    assert main(["interviews", "agreement", str(ZH / "codepoint_lf.qdpx"), *more]) == code
    assert words in capsys.readouterr().err


def test_nothing_anybody_said_is_printed(capsys, whole_texts):
    main(["interviews", "agreement", str(ZH / "qualcoder_v17.qda")])
    page = capsys.readouterr().out
    assert not any(line in page for text in whole_texts for line in text.split("\n") if len(line) > 3)


@pytest.fixture
def whole_texts():
    from pathlib import Path

    from eval_tools.interviews.read import read_interviews

    return list(read_interviews(Path(ZH / "codepoint_lf.qdpx")).texts.values())
