"""One invented study in many formats gives the same codings; real projects give what their programs counted."""

import shutil
import sqlite3

import pandas as pd
import pytest

from eval_tools.interviews.projects.label_studio import read_label_studio
from eval_tools.interviews.projects.lists import read_units
from eval_tools.interviews.projects.qualcoder import SPEAKERS, read_qualcoder
from eval_tools.interviews.projects.refi import read_qdc, read_qdpx
from eval_tools.interviews.projects.sheets import read_sheets
from eval_tools.interviews.projects.taguette import read_taguette
from eval_tools.interviews.projects.word import read_word
from eval_tools.interviews.read import Reading, read_interviews
from interview_files import BESIDE, DATA, OTHER_NAMES, ZH

PASSAGES = {
    "codepoint_lf.qdpx": read_qdpx,
    "utf16_crlf_bom.qdpx": read_qdpx,
    "codepoint_file_crlf_offsets_lf.qdpx": read_qdpx,
    "qualcoder_v17.qda": read_qualcoder,
    "taguette_multiuser.sqlite3": read_taguette,
    "label_studio.json": read_label_studio,
    "codings_long.csv": read_sheets,
}


def as_read(gathered):
    names = gathered.codes
    return sorted(
        (c.source, c.start, c.end, names[c.code].name, OTHER_NAMES.get(c.coder, c.coder)) for c in gathered.codings
    )


@pytest.mark.parametrize("name", PASSAGES)
def test_every_format_with_positions_holds_the_same_codings(name, truth, expected):
    gathered = PASSAGES[name](ZH / name)
    assert as_read(gathered) == truth
    assert len(gathered.codings) == expected["n_codings"]


@pytest.mark.parametrize("name", PASSAGES)
def test_every_format_becomes_the_same_tables(name, whole):
    project = read_interviews(ZH / name, Reading(**BESIDE, coders=OTHER_NAMES))
    pd.testing.assert_frame_equal(project.codings, whole.codings)
    pd.testing.assert_frame_equal(project.assignments, whole.assignments)
    pd.testing.assert_frame_equal(project.cases, whole.cases)
    assert set(project.codebook["code"]) == set(whole.codebook["code"])
    if project.texts:
        assert project.texts == whole.texts


@pytest.mark.parametrize("name", [n for n, r in PASSAGES.items() if r in (read_qdpx, read_qualcoder)])
def test_projects_tell_people_waves_and_groups_of_codes_themselves(name, whole):
    project = read_interviews(ZH / name)
    pd.testing.assert_frame_equal(project.cases, whole.cases)
    above = dict(zip(project.codebook["code"], project.codebook["parent"], strict=True))
    assert (above["想念"], above["視訊通話"], above["隔代照料"]) == ("情緒", "親子溝通", "")
    assert not project.codebook.set_index("code").loc["情緒", "codable"]


def test_words_coded_in_word_lie_where_they_lie_elsewhere(truth):
    gathered = read_word(sorted(ZH.glob("*.docx")), documents="heading")
    assert len(gathered.assigned) == 10
    assert as_read(gathered) == [t for t in truth if (t[0], t[4]) in gathered.assigned]


def test_without_word_that_headings_divide_a_file_is_one_document():
    gathered = read_word([ZH / "word_comments_coder1.docx"])
    assert list(gathered.texts) == ["word_comments_coder1"]
    assert [n.count for n in gathered.notes if n.rule == "headings"] == [4]


def test_a_wide_sheet_says_of_each_unit_what_the_passages_say(truth):
    units = read_units(ZH / "units.csv")
    gathered = read_sheets(ZH / "codings_wide.xlsx", units=units)
    by_document = {}
    for source, start, end in units.values():
        by_document.setdefault(source, []).append((start, end))
    wanted = {
        (source, a, b, code, coder)
        for source, start, end, code, coder in truth
        for a, b in by_document[source]
        if start < b and end > a
    }
    assert set(as_read(gathered)) == wanted


def test_in_a_wide_sheet_na_is_not_assigned_and_blank_is_nothing(whole):
    project = read_interviews(ZH / "codings_wide.xlsx", Reading(units=ZH / "units.csv"))
    declared = set(zip(whole.assignments["source"], whole.assignments["coder"], strict=True))
    assert set(zip(project.assignments["source"], project.assignments["coder"], strict=True)) == declared
    assert set(project.assignments["basis"]) == {"declared"}


def test_maxqda_counts_paragraphs_and_keeps_groups_of_codes(truth, whole):
    gathered = read_sheets(ZH / "maxqda_like_retrieved_segments.xlsx")
    wanted = []
    for source, start, end, code, coder in truth:
        text = whole.texts[source]
        wanted.append((source, text[:start].count("\n"), text[: max(start, end - 1)].count("\n") + 1, code, coder))
    assert as_read(gathered) == sorted(wanted)
    assert gathered.codes["情緒 > 想念"].parent == "情緒"
    assert {c.wave for c in gathered.cases} == {"pre", "post"}


def test_counts_of_the_study(whole, expected, truth):
    assert len(whole.texts) == expected["n_docs"]
    codings = pd.DataFrame(truth, columns=["source", "start", "end", "code", "coder"])
    assert codings["coder"].value_counts().to_dict() == expected["codings_by_coder"]
    assert codings["code"].value_counts().to_dict() == expected["codings_by_code"]
    for first in expected["first_codings"]:
        assert whole.texts[first["doc"]][first["start"] : first["end"]] == first["text"]


def test_overlapping_codings_of_one_coder_and_code_are_merged_and_said(whole, truth):
    (merged,) = [note for note in whole.notes if note.rule == "merged"]
    assert len(whole.codings) + merged.count == len(truth)
    ordered = whole.codings.sort_values(["source", "coder", "code", "start"])
    same = (ordered[["source", "coder", "code"]] == ordered[["source", "coder", "code"]].shift()).all(axis=1)
    assert (ordered["start"][same] > ordered["end"].shift()[same]).all()


def test_nvivo_counts_utf16_units_and_the_coder_is_on_the_coding():
    project = read_interviews(DATA / "qdpx-nvivo/nvivo12_windows_masked.qdpx")
    assert (len(project.codings), len(project.codebook), set(project.codings["coder"])) == (303, 152, {"coder1"})
    starts = [
        start == 0 or project.texts[source][start - 1] == "\n"
        for source, start in zip(project.codings["source"], project.codings["start"], strict=True)
    ]
    assert sum(starts) >= 281  # selections that begin right after a line ending, counted by hand in the export
    (note,) = [n.what for n in project.notes if n.rule == "counting"]
    assert note.startswith("positions are counted in UTF-16: 100 %")


def test_atlas_project_without_its_texts_is_read_and_says_what_is_left_out():
    project = read_interviews(DATA / "qdpx-atlas/TestProject.qdpx")
    left_out = sum(n.count for n in project.notes if n.rule == "not_text")
    assert len(project.codings) + left_out == 16
    assert len(project.codebook) == 14
    assert "text_missing" in {n.rule for n in project.notes}


def test_coders_whose_comments_have_one_author_are_told_by_their_files():
    project = read_interviews(sorted((DATA / "docx-dedoose-comments").glob("*.docx")))
    assert set(project.codings["coder"]) == {"a", "b", "c"}
    assert len(project.texts) == 1
    assert len(project.codings) == 16
    assert "Codes" not in " ".join(project.codebook["code"])


@pytest.mark.parametrize(("name", "n"), [("chinese_data.json", 4), ("chinese_debug.xmi", 4), ("emoji_debug.xmi", 9)])
def test_words_and_sentences_of_a_cas_are_no_codings(name, n):
    project = read_interviews(DATA / "uima-cas" / name, Reading(coder="A"))
    assert project.codings.empty
    assert [note.count for note in project.notes if note.rule == "no_features"] == [n]
    assert len(next(iter(project.texts.values()))) > 5


def test_annotations_of_a_cas_count_utf16_units(tmp_path):
    path = tmp_path / "talk.xmi"
    path.write_text(
        '<xmi:XMI xmlns:xmi="http://www.omg.org/XMI" xmlns:cas="http:///uima/cas.ecore" '
        'xmlns:custom="http:///webanno/custom.ecore"><custom:Span xmi:id="2" sofa="1" begin="2" end="5" '
        'label="想念"/><cas:Sofa xmi:id="1" sofaNum="1" sofaString="😊我想她。"/></xmi:XMI>',
        encoding="utf-8",
    )
    (coding,) = read_interviews(path, Reading(coder="A")).codings.itertuples()
    assert (coding.start, coding.end, coding.code) == (1, 4, "想念")


def test_qualcoder_of_an_old_version_is_read_by_the_columns_it_has(qualcoder_copy, truth):
    with sqlite3.connect(qualcoder_copy / "data.qda") as database:
        database.execute("alter table code_name drop column supercid")
        database.execute("alter table code_text drop column important")
        database.execute("drop table coder_names")
        database.execute("update project set databaseversion = 'v5'")
    database.close()
    assert as_read(read_qualcoder(qualcoder_copy)) == truth


def test_qualcoder_never_opens_the_real_names(qualcoder_copy, truth):
    (qualcoder_copy / "pseudonyms.json").unlink()
    (qualcoder_copy / "pseudonyms.json").mkdir()  # opening it would raise
    assert as_read(read_qualcoder(qualcoder_copy)) == truth


def test_marks_of_speakers_and_deleted_codes_are_no_codings(qualcoder_copy, truth):
    with sqlite3.connect(qualcoder_copy / "data.qda") as database:
        database.execute(
            "insert into code_text (cid, fid, seltext, pos0, pos1, owner) select cid, fid, seltext, pos0, pos1, ? "
            "from code_text limit 3",
            (SPEAKERS,),
        )
        database.execute("insert into code_text (cid, fid, seltext, pos0, pos1, owner) values (99, 1, '', 0, 0, 'Li')")
    database.close()
    gathered = read_qualcoder(qualcoder_copy)
    assert as_read(gathered) == truth
    assert {n.rule: n.count for n in gathered.notes} == {"speakers": 3, "no_such_code": 1, "hidden_coder": 1}


def test_qualcoder_that_is_open_is_read_with_a_warning(qualcoder_copy):
    (qualcoder_copy / "data.qda-wal").write_bytes(b"")
    assert "unsaved" in {n.rule for n in read_qualcoder(qualcoder_copy).notes}


def test_an_exported_taguette_project_does_not_say_who_coded(tmp_path):
    path = tmp_path / "export.sqlite3"
    shutil.copy(ZH / "taguette_multiuser.sqlite3", path)
    with sqlite3.connect(path) as database:
        database.execute("update commands set user_login = 'admin'")
    database.close()
    gathered = read_taguette(path)
    assert {c.coder for c in gathered.codings} == {""}
    assert "coder_unknown" in {n.rule for n in gathered.notes}
    assert set(read_interviews(path, Reading(coder="Li")).codings["coder"]) == {"Li"}


def test_files_of_several_coders_are_put_together_by_document_and_code(tmp_path, truth):
    for coder in ("Li", "coder_C"):
        rows = [f"{s},{a},{b},{code}" for s, a, b, code, who in truth if who == coder]
        (tmp_path / f"{coder}.csv").write_text("\n".join(["source,start,end,code", *rows]), encoding="utf-8")
    project = read_interviews(tmp_path)
    assert set(project.codings["coder"]) == {"Li", "coder_C"}
    assert "coder_is_file" in {n.rule for n in project.notes}


def test_a_codebook_without_codings_is_read_from_qdc(tmp_path):
    path = tmp_path / "book.qdc"
    path.write_text(
        '<CodeBook xmlns="urn:QDA-XML:codebook:1.0"><Codes><Code guid="1" name="mood" isCodable="false">'
        '<Code guid="2" name="sad" isCodable="true"><Description>tears</Description></Code></Code></Codes><Sets/>'
        "</CodeBook>",
        encoding="utf-8",
    )
    codes = read_qdc(path).codes
    assert [(c.name, c.parent, c.codable, c.description) for c in codes.values()] == [
        ("mood", "", False, ""),
        ("sad", "1", True, "tears"),
    ]


# headers as the programs' manuals and a public reader list them
EXPORTS = {
    "ATLAS.ti": (
        "ID,Document,Quotation Name,Quotation Content,Codes,Comment,Reference,Created by\n"
        '1:1,talk.docx,a,I miss her,"sad\nmother",,,Ann\n',
        [("talk", "Ann", "mother"), ("talk", "Ann", "sad")],
    ),
    "Dedoose": (
        "Media Title,Excerpt Range,Excerpt Creator,Excerpt Date,Excerpt Copy,Codes Applied Combined,Code: sad Weight\n"
        'talk.docx,485-522,Ann,1/1/2026,I miss her,"sad, mother",3\n',
        [("talk", "Ann", "mother"), ("talk", "Ann", "sad")],
    ),
    "NVivo": (
        "Code,File,References,Coverage,Coded by initials,Modified on\nsad,talk,2,3 %,AB,1/1/2026\n",
        [("talk", "AB", "sad")],
    ),
    "QualCoder": (
        "File,Coder,Coded,Id,Codename,Coded_Memo,Category\ntalk.txt,Ann,I miss her,ctid:1,sad,,mood\n",
        [("talk", "Ann", "sad")],
    ),
    "Chinese": (
        "访谈,片段,主题,编码员\n谈话,我想她。,想念、母亲,李\n",
        [("谈话", "李", "想念"), ("谈话", "李", "母亲")],
    ),
}


@pytest.mark.parametrize("program", EXPORTS)
def test_sheets_of_other_programs_are_told_by_their_headers(program, tmp_path):
    text, wanted = EXPORTS[program]
    path = tmp_path / "export.csv"
    path.write_text(text, encoding="utf-8")
    found = read_interviews(path).codings
    assert sorted(found[["source", "coder", "code"]].itertuples(index=False, name=None)) == sorted(wanted)
    if program == "Dedoose":
        assert found.loc[found["code"] == "sad", "weight"].tolist() == [3.0]
        assert found.loc[found["code"] == "mother", "weight"].isna().all()
