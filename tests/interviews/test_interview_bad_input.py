"""Damaged, hostile and ambiguous files: one clear message each, no words of anybody, nothing half read in silence."""

import datetime
import json
import random
import shutil
import sqlite3
import zipfile

import pytest
from openpyxl import Workbook, load_workbook

from eval_tools.errors import DataError, EvalToolsError, UnknownNames
from eval_tools.interviews.projects import archive
from eval_tools.interviews.projects.refi import read_qdpx
from eval_tools.interviews.projects.sheets import read_sheets
from eval_tools.interviews.read import Reading, read_interviews
from interview_files import ZH

EMOJI = "😊我想她。\r\n她在城裡。"


def test_a_damaged_zip_is_refused(tmp_path):
    path = tmp_path / "a.qdpx"
    path.write_bytes((ZH / "codepoint_lf.qdpx").read_bytes()[:20_000])
    with pytest.raises(DataError, match=r"a\.qdpx: is no zip file, or a damaged one"):
        read_interviews(path)


def test_a_damaged_part_of_a_zip_is_refused(tmp_path):
    data = bytearray((ZH / "codepoint_lf.qdpx").read_bytes())
    data[2_000:2_200] = bytes(200)
    path = tmp_path / "a.qdpx"
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"damaged|broken"):
        read_interviews(path)


@pytest.mark.parametrize(
    "xml",
    [
        '<!DOCTYPE Project [<!ENTITY a "aaaa">]><Project>&a;</Project>',
        '<!DOCTYPE Project SYSTEM "http://example.org/x.dtd"><Project/>',
        '<!DOCTYPE Project [<!ENTITY x SYSTEM "file:///etc/passwd">]><Project>&x;</Project>',
    ],
)
def test_document_types_and_entities_are_refused(write_qdpx, tmp_path, xml):
    with pytest.raises(DataError, match="declares a document type or entities"):
        read_interviews(write_qdpx([], qde=xml))
    path = tmp_path / "book.qdc"
    path.write_text(xml, encoding="utf-8")
    with pytest.raises(DataError, match="declares a document type or entities"):
        read_interviews(ZH / "codepoint_lf.qdpx", Reading(codebook=path))


def test_broken_xml_and_a_zip_without_a_project_are_refused(write_qdpx, tmp_path):
    with pytest.raises(DataError, match="XML is broken"):
        read_interviews(write_qdpx([], qde="<Project><Users></Project>"))
    path = tmp_path / "b.qdpx"
    with zipfile.ZipFile(path, "w") as empty:
        empty.writestr("readme.txt", "")
    with pytest.raises(DataError, match="holds no project"):
        read_interviews(path)


def test_parts_that_unpack_beyond_the_cap_are_refused_whatever_they_claim(write_qdpx, monkeypatch):
    path = write_qdpx([("talk", "a" * 5_000, [(0, 1, "Ann", "SAD")])])
    monkeypatch.setattr(archive, "MAX_MEMBER", 4_000)
    with pytest.raises(DataError, match="unpacks to more than"):
        read_interviews(path)
    monkeypatch.setattr(archive, "MAX_MEMBER", 10_000)
    monkeypatch.setattr(archive, "MAX_TOTAL", 5_500)
    with pytest.raises(DataError, match="unpacks to more than"):
        read_interviews(path)


def test_nothing_is_unpacked_to_disk(write_qdpx, tmp_path):
    path = write_qdpx([("../../talk", "abc def", [(0, 3, "Ann", "SAD")])])
    before = sorted(tmp_path.rglob("*"))
    assert list(read_interviews(path).texts) == ["../../talk"]
    assert sorted(tmp_path.rglob("*")) == before


def test_selections_outside_their_text_are_refused_with_their_number(write_qdpx):
    path = write_qdpx([("talk", "short", [(0, 5, "Ann", "SAD"), (2, 50, "Ann", "SAD"), (9, 12, "Bob", "SAD")])])
    with pytest.raises(DataError, match="2 selections lie outside their text") as caught:
        read_interviews(path)
    assert "Ann" not in str(caught.value)


def test_two_ways_of_counting_that_fit_equally_well_are_asked_about(write_qdpx):
    # every second character is punctuation: any edge is beside one
    text = "😊，我，想，她，了，很，久，很，久。"
    path = write_qdpx([("talk", text, [(4, 7, "Ann", "SAD"), (6, 9, "Bob", "SAD")])])
    with pytest.raises(DataError, match="can be read in several ways") as caught:
        read_interviews(path)
    assert "code points, UTF-16" in str(caught.value)
    found = read_interviews(path, Reading(counting="UTF-16")).codings
    assert found["start"].tolist() == [3, 5]
    with pytest.raises(UnknownNames):
        read_interviews(path, Reading(counting="bytes"))


def test_between_two_ways_that_fit_equally_well_the_writer_decides(write_qdpx):
    text = "😊，我，想，她，了，很，久，很，久。"
    path = write_qdpx([("talk", text, [(4, 7, "Ann", "SAD")])], origin="NVivo 12 for Windows")
    assert read_interviews(path).codings["start"].tolist() == [3]


@pytest.mark.parametrize(("start", "end", "kept"), [(7, 13, (6, 11)), (1, 5, (1, 5)), (0, 5, (0, 5))])
def test_positions_after_emoji_and_line_endings_come_out_in_characters(write_qdpx, start, end, kept):
    places = {(7, 13): "code points", (1, 5): "code points", (0, 5): "code points"}
    path = write_qdpx([("talk", EMOJI, [(start, end - (end == 13), "Ann", "SAD")])])
    found = read_interviews(path, Reading(counting=places[start, end])).codings.iloc[0]
    assert (found["start"], found["end"]) == kept


def test_copies_of_a_document_in_two_groups_are_two_coders(write_qdpx):
    selections = [[(0, 4, "Ann", "SAD")], [(0, 4, "Ann", "SAD"), (5, 9, "Ann", "SCHOOL")]]
    path = write_qdpx(
        [("talk", "abcd efgh", selections[0]), ("talk", "abcd efgh", selections[1])],
        origin="MAXQDA",
        extra='<Sets><Set guid="g1" name="Coder 1"><MemberSource targetGUID="s0"/></Set>'
        '<Set guid="g2" name="Coder 2"><MemberSource targetGUID="s1"/></Set></Sets>',
    )
    project = read_interviews(path)
    assert list(project.texts) == ["talk"]
    assert project.codings[["coder", "code"]].to_numpy().tolist() == [
        ["Coder 1", "sad"],
        ["Coder 2", "sad"],
        ["Coder 2", "school"],
    ]
    assert "copies" in {n.rule for n in project.notes}


def test_two_documents_of_one_name_are_kept_apart(write_qdpx):
    project = read_interviews(
        write_qdpx([("talk", "one text", [(0, 3, "Ann", "SAD")]), ("talk", "another", [(0, 7, "Bob", "SAD")])])
    )
    assert list(project.texts) == ["talk", "talk (2)"]
    assert "same_name" in {n.rule for n in project.notes}


def test_text_of_pdfs_transcripts_and_whole_documents_are_read(tmp_path):
    coding = '<Coding creatingUser="u"><CodeRef targetGUID="c"/></Coding>'
    path = tmp_path / "a.qdpx"
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr(
            "project.qde",
            '<Project xmlns="urn:QDA-XML:project:1.5"><Users><User guid="u" name="Ann"/></Users><CodeBook><Codes>'
            '<Code guid="c" name="sad" isCodable="true"/></Codes></CodeBook><Sources>'
            f'<TextSource guid="1" name="whole"><PlainTextContent>abc def</PlainTextContent>{coding}</TextSource>'
            f'<PDFSource guid="2" name="leaflet.pdf"><PDFSelection guid="p">{coding}</PDFSelection><Representation '
            f'guid="r" name="x"><PlainTextContent>some words</PlainTextContent><PlainTextSelection guid="t" '
            f'startPosition="5" endPosition="10">{coding}</PlainTextSelection></Representation></PDFSource>'
            '<AudioSource guid="3" name="talk.mp3"><Transcript guid="tr"><PlainTextContent>hello there'
            '</PlainTextContent><SyncPoint guid="s1" position="0" timeStamp="0"/><SyncPoint guid="s2" position="5" '
            f'timeStamp="900"/><TranscriptSelection guid="ts" fromSyncPoint="s1" toSyncPoint="s2">{coding}'
            "</TranscriptSelection></Transcript></AudioSource></Sources></Project>",
        )
    project = read_interviews(path)
    assert project.codings[["source", "start", "end"]].to_numpy().tolist() == [
        ["leaflet", 5, 10],
        ["talk.mp3", 0, 5],
        ["whole", 0, 7],
    ]
    assert [n.count for n in project.notes if n.rule == "not_text"] == [1]


def test_an_empty_project_and_a_single_coder_are_said(write_qdpx):
    empty = read_interviews(write_qdpx([("talk", "abc", [])]))
    assert {"no_codings", "unused_codes"} <= {n.rule for n in empty.notes}
    one = read_interviews(write_qdpx([("talk", "abc", [(0, 3, "Ann", "SAD")])]))
    assert "one_coder" in {n.rule for n in one.notes}
    assert [n.count for n in one.notes if n.rule == "unused_codes"] == [1]


def test_codings_of_a_code_that_is_not_in_the_codebook_are_counted(write_qdpx):
    project = read_interviews(write_qdpx([("talk", "abc", [(0, 3, "Ann", "SAD"), (0, 3, "Bob", "GONE")])]))
    assert [n.count for n in project.notes if n.rule == "no_such_code"] == [1]


def test_two_codes_of_one_name_are_named_by_the_way_to_them(write_qdpx):
    qde = (
        '<Project xmlns="urn:QDA-XML:project:1.0"><Users/><CodeBook><Codes><Code guid="1" name="home">'
        '<Code guid="2" name="other"/></Code><Code guid="3" name="school"><Code guid="4" name="other"/></Code>'
        "</Codes></CodeBook><Sources/></Project>"
    )
    codes = read_interviews(write_qdpx([], qde=qde)).codebook["code"].tolist()
    assert codes == ["home", "home > other", "school", "school > other"]


def test_a_changed_text_in_qualcoder_is_refused(qualcoder_copy):
    with sqlite3.connect(qualcoder_copy / "data.qda") as database:
        database.execute("update source set fulltext = 'x' || fulltext where id = 1")
    database.close()
    with pytest.raises(DataError, match="codings do not point at the words stored with them"):
        read_interviews(qualcoder_copy)


def test_files_that_are_no_database_or_another_one_are_refused(tmp_path):
    path = tmp_path / "a.sqlite3"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(DataError, match="is no SQLite database"):
        read_interviews(path)
    shutil.copy(ZH / "qualcoder_v17.qda/data.qda", path)
    with pytest.raises(DataError, match="lacks the tables documents, tags"):
        read_interviews(path)
    with pytest.raises(DataError, match="does not exist"):
        read_interviews(tmp_path / "gone.qdpx")


def test_a_database_with_several_projects_asks_which(tmp_path):
    path = tmp_path / "a.sqlite3"
    shutil.copy(ZH / "taguette_multiuser.sqlite3", path)
    with sqlite3.connect(path) as database:
        database.execute("insert into projects (name, description, created) values ('other', '', '2026-01-01')")
    database.close()
    with pytest.raises(DataError, match="holds 2 projects"):
        read_interviews(path)
    assert len(read_interviews(path, Reading(project="synthetic-zh")).texts) == 24
    with pytest.raises(DataError, match="0 projects of that name"):
        read_interviews(path, Reading(project="none"))


def test_offsets_of_taguette_inside_a_character_are_refused(tmp_path):
    path = tmp_path / "a.sqlite3"
    shutil.copy(ZH / "taguette_multiuser.sqlite3", path)
    with sqlite3.connect(path) as database:
        database.execute("update highlights set start_offset = start_offset + 1 where id < 4")
    database.close()
    with pytest.raises(DataError, match="3 passages lie outside"):
        read_interviews(path)


def test_words_of_label_studio_must_stand_where_they_are_said_to(tmp_path):
    tasks = json.loads((ZH / "label_studio.json").read_text(encoding="utf-8"))
    tasks[0]["annotations"][0]["result"][0]["value"]["start"] += 1
    path = tmp_path / "a.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    with pytest.raises(DataError, match="1 passages do not hold the words"):
        read_interviews(path)
    path.write_text("[1]", encoding="utf-8")
    with pytest.raises(DataError, match="no list of tasks"):
        read_interviews(path)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="is no JSON"):
        read_interviews(path)


def test_a_skipped_task_is_not_a_finding_of_nothing(tmp_path):
    path = tmp_path / "a.json"
    result = {"value": {"start": 0, "end": 2, "text": "ab", "labels": ["sad"]}}
    tasks = [
        {
            "data": {"text": "abc", "doc": "talk"},
            "annotations": [
                {"completed_by": 1, "result": [result]},
                {"completed_by": 2, "result": []},
                {"completed_by": 3, "was_cancelled": True, "result": []},
            ],
        }
    ]
    path.write_text(json.dumps(tasks), encoding="utf-8")
    project = read_interviews(path)
    assert project.assignments["coder"].tolist() == ["1", "2"]
    assert "skipped" in {n.rule for n in project.notes}


def test_an_empty_cell_that_could_mean_two_things_is_asked_about(write_csv):
    path = write_csv("unit,text,Ann,Bob\nu1,abc,sad,\nu2,def,sad; school,school\n")
    with pytest.raises(DataError, match="1 cells are empty: did the coder find nothing"):
        read_interviews(path)
    nothing = read_interviews(path, Reading(blank="nothing"))
    assert len(nothing.assignments) == 4
    away = read_interviews(path, Reading(blank="not assigned"))
    assert len(away.assignments) == 3
    assert len(nothing.codings) == len(away.codings) == 4


def test_a_document_that_was_given_in_part_is_refused(write_csv):
    path = write_csv("document,text,Ann,Bob\ntalk,abc,sad,NA\ntalk,def,school,school\n")
    with pytest.raises(DataError, match="1 documents were given to a coder in part"):
        read_interviews(path)


def test_a_sheet_of_ones_and_noughts_needs_to_say_who_coded(write_csv):
    text = "單位,文本,想念,學校\n1,abc,1,0\n2,def,0,1\n"
    with pytest.raises(DataError, match="does not say who coded"):
        read_interviews(write_csv(text))
    project = read_interviews(write_csv(text), Reading(coder="Li"))
    assert project.codings[["source", "code"]].to_numpy().tolist() == [["1", "想念"], ["2", "學校"]]
    with_coder = write_csv("單位,编码者,想念\n1,A,1\n1,B,NA\n2,A,\n2,B,1\n", "b.csv")
    assert len(read_interviews(with_coder, Reading(blank="nothing")).assignments) == 3


def test_one_sheet_for_each_coder_names_the_coders(tmp_path):
    book = Workbook()
    for coder, cells in (("Ann", (1, 0)), ("Bob", (0, 1))):
        page = book.create_sheet(coder)
        page.append(["unit", "sad"])
        for i, cell in enumerate(cells):
            page.append([f"u{i}", cell])
    del book["Sheet"]
    path = tmp_path / "a.xlsx"
    book.save(path)
    project = read_interviews(path)
    assert project.codings[["source", "coder"]].to_numpy().tolist() == [["u0", "Ann"], ["u1", "Bob"]]
    assert len(project.assignments) == 4


def test_dates_where_codes_were_are_refused(tmp_path):
    book = Workbook()
    page = book.active
    page.append(["document", "coder", "code"])
    page.append(["talk", "Ann", datetime.datetime(2026, 1, 2)])
    path = tmp_path / "a.xlsx"
    book.save(path)
    with pytest.raises(DataError, match="column 'code' holds dates where codes should be"):
        read_interviews(path)


def test_merged_cells_of_coders_are_filled_and_others_refused(tmp_path):
    book = Workbook()
    page = book.active
    for row in (["coder", "document", "code"], ["Ann", "talk", "sad"], [None, "talk", "school"]):
        page.append(row)
    page.merge_cells("A2:A3")
    path = tmp_path / "a.xlsx"
    book.save(path)
    project = read_interviews(path)
    assert set(project.codings["coder"]) == {"Ann"}
    assert [n.count for n in project.notes if n.rule == "merged_cells"] == [1]
    page = (book := load_workbook(path)).active
    page.merge_cells("B2:C2")
    book.save(path)
    with pytest.raises(DataError, match="merged over columns"):
        read_interviews(path)


def test_another_encoding_is_asked_about_and_read_when_told(write_csv):
    path = write_csv("文件,代码,编码者\n访谈,想念,李\n", encoding="gb18030")
    with pytest.raises(DataError, match="is not utf-8"):
        read_interviews(path)
    assert read_interviews(path, Reading(encoding="gb18030")).codings["code"].tolist() == ["想念"]


def test_headers_that_tell_nothing_and_rows_without_a_coder_are_refused(write_csv):
    with pytest.raises(DataError, match="headers tell no layout"):
        read_interviews(write_csv("a,b\n1,2\n"))
    with pytest.raises(DataError, match="1 codings do not say who coded"):
        read_interviews(write_csv("document,code\ntalk,sad\n"))
    with pytest.raises(DataError, match="holds no rows"):
        read_interviews(write_csv("document,code\n"))
    with pytest.raises(DataError, match="two columns have the same name"):
        read_interviews(write_csv("document,code,code\ntalk,sad,sad\n"))


def test_words_without_positions_are_looked_up_in_their_document_and_nowhere_else(tmp_path, write_csv):
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "talk.txt").write_text("我想她。她在城裡。我想她。", encoding="utf-8")
    path = write_csv("document,tag,content,coder\ntalk,sad,她在城裡,Ann\n")
    found = read_interviews(path, Reading(texts=texts)).codings.iloc[0]
    assert (found["start"], found["end"]) == (4, 8)
    with pytest.raises(DataError, match="1 passages occur more than once"):
        read_interviews(write_csv("document,tag,content,coder\ntalk,sad,我想她。,Ann\n"), Reading(texts=texts))
    with pytest.raises(DataError, match="1 passages are not in their document") as caught:
        read_interviews(write_csv("document,tag,content,coder\ntalk,sad,secret,Ann\n"), Reading(texts=texts))
    assert "secret" not in str(caught.value)
    without = read_interviews(path)
    assert "no_positions" in {n.rule for n in without.notes}


def test_a_row_without_a_code_says_that_the_coder_looked(write_csv):
    project = read_interviews(write_csv("document,code,coder\ntalk,sad,Ann\ntalk,,Bob\n"))
    assert project.assignments[["coder", "basis"]].to_numpy().tolist() == [
        ["Ann", "declared"],
        ["Bob", "declared"],
    ] or (project.assignments["coder"].tolist() == ["Ann", "Bob"])


def test_unknown_formats_and_mixed_folders_are_refused(tmp_path, write_csv):
    (tmp_path / "a.mx24").write_bytes(b"")
    with pytest.raises(UnknownNames, match="unknown format"):
        read_interviews(tmp_path / "a.mx24")
    write_csv("document,code,coder\ntalk,sad,Ann\n")
    shutil.copy(ZH / "word_comments_coder1.docx", tmp_path)
    with pytest.raises(DataError, match="several formats"):
        read_interviews(tmp_path)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DataError, match="holds no project"):
        read_interviews(empty)


def test_different_texts_under_one_name_are_refused(write_qdpx):
    one = write_qdpx([("talk", "one text", [(0, 3, "Ann", "SAD")])], name="a.qdpx")
    two = write_qdpx([("talk", "other text", [(0, 5, "Bob", "SAD")])], name="b.qdpx")
    with pytest.raises(DataError, match="1 documents have the same name in two files, but not the same text"):
        read_interviews([one, two])


def test_one_persons_projects_of_one_user_name_are_two_coders(write_qdpx):
    one = write_qdpx([("talk", "one text", [(0, 3, "Ann", "SAD")])], name="a.qdpx")
    two = write_qdpx([("talk", "one text", [(4, 8, "Ann", "SCHOOL")])], name="b.qdpx")
    project = read_interviews([one, two])
    assert set(project.codings["coder"]) == {"a", "b"}
    assert set(project.codebook["code"]) == {"sad", "school"}
    assert set(project.assignments["basis"]) == {"declared"}


def test_messages_and_notes_hold_no_words_names_or_paths(whole):
    said = " ".join(note.what for note in whole.notes)
    for text in whole.texts.values():
        assert all(line not in said for line in text.split("\n") if line)
    assert not any(coder in said for coder in ("王編碼", "coder_C", "/"))


def test_a_sheet_and_its_lists_lack_columns(write_csv):
    good = write_csv("document,code,coder\ntalk,sad,Ann\n")
    bad = write_csv("document,who\ntalk,Ann\n", "beside.csv")
    for name, lacks in (("assignments", "coder"), ("cases", "case"), ("codebook", "code")):
        with pytest.raises(DataError, match=f"lacks columns for {lacks}"):
            read_interviews(good, Reading(**{name: bad}))


def test_a_unit_that_is_not_in_the_list_of_units_is_refused(write_csv):
    sheet = write_csv("unit,Ann,Bob\nu1,sad,sad\nu9,sad,school\n")
    units = write_csv("unit,document,start,end\nu1,talk,0,4\n", "units.csv")
    with pytest.raises(DataError, match="1 units are not in the list"):
        read_sheets(sheet, units={"u1": ("talk", 0, 4)})
    with pytest.raises(DataError, match="1 units are not in the list"):
        read_interviews(sheet, Reading(units=units))


def test_reading_a_project_changes_nothing_in_it(write_qdpx):
    path = write_qdpx([("talk", "abc", [(0, 3, "Ann", "SAD")])])
    before = path.read_bytes()
    read_qdpx(path)
    assert path.read_bytes() == before


MUTATED = ("codings_long.csv", "label_studio.json", "codepoint_lf.qdpx", "word_comments_coder1.docx")


@pytest.mark.parametrize("name", MUTATED)
def test_a_file_with_random_damage_is_read_or_refused_but_never_a_traceback(name, tmp_path):
    rng = random.Random(7)
    original = (ZH / name).read_bytes()
    path = tmp_path / name
    outcomes = set()
    for _ in range(15):
        if zipfile.is_zipfile(ZH / name):
            with zipfile.ZipFile(ZH / name) as source, zipfile.ZipFile(path, "w") as target:
                for part in source.namelist():
                    data = source.read(part)
                    big = part.endswith((".qde", "document.xml"))
                    target.writestr(part, damaged(data, rng) if big else data)
        else:
            path.write_bytes(damaged(original, rng))
        try:
            outcomes.add(type(read_interviews(path)).__name__)
        except EvalToolsError as error:
            outcomes.add(type(error).__name__)
    assert outcomes <= {"Project", "DataError", "UnknownNames"}
    assert "DataError" in outcomes


def damaged(data, rng):
    for _ in range(rng.randrange(1, 6)):
        i = rng.randrange(len(data))
        insert = rng.choice(
            [b"", b"99999999999999999999", b'"', b"<", b"\n", b"null", b"1e400", bytes([rng.randrange(256)])]
        )
        data = data[:i] + insert + data[i + rng.randrange(0, 40) :]
    return data


def test_one_person_is_not_said_to_have_coded_a_project_of_several(write_qdpx):
    path = write_qdpx([("talk", "abc", [(0, 3, "Ann", "SAD"), (0, 3, "Bob", "SAD")])])
    with pytest.raises(DataError, match="names 2 coders, but you said that one person coded it"):
        read_interviews(path, Reading(coder="Ann"))


def test_files_of_one_person_on_other_documents_are_no_several_coders(write_qdpx):
    one = write_qdpx([("first", "one text", [(0, 3, "Ann", "SAD")])], name="a.qdpx")
    two = write_qdpx([("second", "one text", [(4, 8, "Ann", "SCHOOL")])], name="b.qdpx")
    assert set(read_interviews([one, two], Reading(coder="Ann")).codings["coder"]) == {"Ann"}


def test_xml_that_is_nested_without_end_is_refused(write_qdpx):
    depth = 20_000
    codes = '<Code name="a">' * depth + "</Code>" * depth
    qde = f"<Project><CodeBook><Codes>{codes}</Codes></CodeBook></Project>"
    with pytest.raises(DataError, match="nested too deeply"):
        read_interviews(write_qdpx([], qde=qde))


def test_words_in_a_text_box_are_read_once(tmp_path):
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    path = tmp_path / "talk.docx"
    body = (
        f"<w:document {w}><w:body><w:p><w:r><w:t>before </w:t><w:txbxContent><w:p><w:r><w:t>inside</w:t></w:r></w:p>"
        "</w:txbxContent></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:commentRangeStart w:id='0'/><w:r><w:t>cell</w:t></w:r>"
        "<w:commentRangeEnd w:id='0'/></w:p></w:tc></w:tr></w:tbl><w:p><w:del><w:r><w:delText>gone</w:delText></w:r>"
        "</w:del><w:r><w:t>point</w:t><w:commentReference w:id='1'/></w:r></w:p></w:body></w:document>"
    )
    comments = "".join(
        f"<w:comment w:id='{i}' w:author='Ann'><w:p><w:r><w:t>{t}</w:t></w:r></w:p></w:comment>"
        for i, t in enumerate(("sad；school", "#home a long remark on what was meant here"))
    )
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("word/document.xml", body)
        zipped.writestr("word/comments.xml", f"<w:comments {w}>{comments}</w:comments>")
    project = read_interviews(path)
    assert project.texts["talk"] == "before \ninside\ncell\npoint"
    found = [project.texts["talk"][a:b] for a, b in zip(project.codings["start"], project.codings["end"], strict=True)]
    assert list(zip(found, project.codings["code"], strict=True)) == [
        ("cell", "sad"),
        ("cell", "school"),
        ("point", "home"),
    ]


def test_positions_that_are_no_numbers_are_refused_in_databases(qualcoder_copy, tmp_path):
    with sqlite3.connect(qualcoder_copy / "data.qda") as database:
        database.execute("update code_text set pos0 = 'x', seltext = null where ctid = 1")
    database.close()
    with pytest.raises(DataError, match="1 codings do not point at"):
        read_interviews(qualcoder_copy)
    path = tmp_path / "a.sqlite3"
    shutil.copy(ZH / "taguette_multiuser.sqlite3", path)
    with sqlite3.connect(path) as database:
        database.execute("update highlights set start_offset = 'x' where id = 1")
    database.close()
    with pytest.raises(DataError, match="1 passages lie outside"):
        read_interviews(path)


def test_rqda_positions_some_characters_off_are_put_back_and_deleted_codings_left_out(tmp_path):
    path = tmp_path / "old.rqda"
    with sqlite3.connect(path) as database:
        database.executescript(
            "create table source (id, name, file, status); create table freecode (id, name, memo, status);"
            "create table coding (cid, fid, seltext, selfirst real, selend real, status, owner);"
            "insert into source values (1, 'talk.txt', '我想媽媽。她在城裡。', 1);"
            "insert into freecode values (1, '想念', '', 1), (2, 'gone', '', 0);"
            "insert into coding values (1, 1, '想媽媽', 1.0, 4.0, 1, 'Ann'), (1, 1, '在城裡', 4.0, 7.0, 1, 'Bob'),"
            "(1, 1, '我', 0.0, 1.0, 0, 'Ann'), (2, 1, '我', 0.0, 1.0, 1, 'Ann');"
        )
    database.close()
    project = read_interviews(path)
    assert project.codings[["start", "end", "coder"]].to_numpy().tolist() == [[1, 4, "Ann"], [6, 9, "Bob"]]
    assert {n.rule: n.count for n in project.notes if n.rule in ("deleted", "moved")} == {"deleted": 2, "moved": 1}
    with sqlite3.connect(path) as database:
        database.execute("update coding set seltext = 'nowhere' where owner = 'Bob'")
    database.close()
    with pytest.raises(DataError, match="1 codings quote words that are not in their text"):
        read_interviews(path)
