"""Local wording: what is read from it, what is refused, what is said to be missing."""

from __future__ import annotations

import pytest

from eval_tools.errors import DefinitionError
from eval_tools.forms.wording import check_overlays, empty_overlay, find_wording, parts_of, read_overlay


@pytest.fixture
def local(tmp_path):
    folder = tmp_path / "local"
    folder.mkdir()
    return folder


def put(local, text, name="feeling-at-home.en.csv", encoding="utf-8"):
    (local / name).write_text(text, encoding=encoding)
    return local / name


def test_local_wording_stands_over_that_of_the_definition(local, example):
    put(local, "part,text\nfah1,I belong here.\noften3.0,Not ever\nstem,Think of your school.\n")
    wording = find_wording(example, "en", local=local)
    assert wording.items["fah1"] == "I belong here."
    assert wording.items["fah2"] == "I would rather be elsewhere."
    assert wording.options["often3"] == {0: "Not ever", 1: "Sometimes", 2: "Often"}
    assert wording.stem == "Think of your school."
    assert wording.local
    assert wording.complete


def test_another_language_is_untouched(local, example):
    put(local, "part,text\nfah1,I belong here.\n")
    assert find_wording(example, "zh-Hant", local=local).items["fah1"] == "我在這裡感到自在。"
    assert not find_wording(example, "zh-Hant", local=local).local


def test_a_file_of_a_spreadsheet_program_with_a_mark_is_read(local, example):
    path = put(local, 'part,text\r\nfah1,"Here, at home"\r\n\r\n', encoding="utf-8-sig")
    assert read_overlay(path, example) == {"fah1": "Here, at home"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("item,text\nfah1,a\n", ":1: the first line must be: part,text"),
        ("part,text\nfah9,secret words\n", "row 2: unknown part: 'fah9'"),
        ("part,text\nfah1,secret words\nfah1,b\n", "row 3: the part 'fah1' stands there twice"),
        ("part,text\nfah1,secret,words\n", "row 2: has 3 cells"),
        ("part,text\noften3.7,secret words\n", "unknown part: 'often3.7'"),
        ("part,text\nfah1,secret\x07words\n", "control characters"),
        ('part,text\nfah1,"secret words\n', "not a well-formed CSV"),
    ],
)
def test_a_wrong_file_is_refused_without_showing_its_words(local, example, text, said):
    path = put(local, text)
    with pytest.raises(DefinitionError) as refused:
        read_overlay(path, example)
    assert said in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_file_that_is_not_utf_8_is_refused(local, example):
    path = put(local, "part,text\nfah1,我在这里\n", encoding="gb18030")
    with pytest.raises(DefinitionError, match="not UTF-8"):
        read_overlay(path, example)


def test_every_problem_is_listed_at_once(local, example):
    path = put(local, "part,text\nfah8,a\nfah9,b\n")
    with pytest.raises(DefinitionError) as refused:
        read_overlay(path, example)
    assert len(refused.value.problems) == 2


def test_a_check_finds_wrong_names_and_languages_and_what_is_missing(local, example):
    put(local, "part,text\n", name="felling-at-home.en.csv")
    put(local, "part,text\n", name="feeling-at-home.zh.csv")
    put(local, "part,text\nfah1,a\nfah7,b\n", name="feeling-at-home.zh-Hans.csv")
    found = check_overlays(local, {example.id: example})
    said = "\n".join(map(str, found.errors))
    assert found.n_files == 3
    assert "Did you mean 'feeling-at-home'" in said
    assert "unknown language: 'zh'" in said
    assert "unknown part: 'fah7'" in said


def test_a_check_says_what_an_incomplete_file_lacks(local, library):
    instrument = library["sdq-s"]
    put(local, "part,text\nsdq01,a\n", name="sdq-s.en.csv")
    found = check_overlays(local, library)
    said = "\n".join(map(str, found.missing))
    assert found.errors == ()
    assert f"{len(instrument.items) - 1} of {len(instrument.items)} items have no text" in said
    assert "answers have no label" in said


def test_the_empty_file_has_every_part_once_and_is_accepted(local, library):
    for instrument in (library["sdq-s"], library["ces-d"]):
        path = put(local, empty_overlay(instrument), name=f"{instrument.id}.en.csv")
        assert read_overlay(path, instrument) == {}
        listed = [line.split(",")[0] for line in empty_overlay(instrument).split("\r\n")[1:-1]]
        assert listed == list(parts_of(instrument))


def test_a_definition_that_may_not_carry_text_has_none_in_any_language(library, wordings_of):
    for instrument in library.values():
        if not instrument.licence.text_redistributable:
            for wording in wordings_of(instrument).values():
                assert not wording.has_items
                assert not wording.stem
