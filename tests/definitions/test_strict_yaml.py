"""What stands in a definition is what is meant; whatever YAML would turn into something else is refused."""

from __future__ import annotations

import time

import pytest

from eval_tools.definitions.strict_yaml import MAX_BYTES, parse_yaml, read_yaml
from eval_tools.errors import DefinitionError


def refused(text: str | bytes, tmp_path=None) -> DefinitionError:
    """Read a text, or a file if bytes are given, and return the refusal."""
    if isinstance(text, bytes):
        path = tmp_path / "study.yaml"
        path.write_bytes(text)
        with pytest.raises(DefinitionError) as caught:
            read_yaml(path, root=tmp_path)
    else:
        with pytest.raises(DefinitionError) as caught:
            parse_yaml(text, file="study.yaml")
    assert caught.value.exit_code == 2
    assert all(problem.remedy for problem in caught.value.problems)
    return caught.value


def only(error: DefinitionError) -> tuple[str, str]:
    assert len(error.problems) == 1
    return error.problems[0].where, error.problems[0].what


# --- what stands there is what is meant ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    ["no", "No", "off", "on", "yes", "Y", "TRUE", "Null", "NULL", "0123", "-07", "1:30", "1:30:05", "2026-11-24",
     "2026-11-24T10:00:00Z", "0x1F", "0o17", "1e3", "1_000", ".5", "5.", ".inf", "-.inf", ".nan", "NaN", "<<", "=",
     "٣", "１２"],
)  # fmt: skip
def test_words_and_numbers_that_yaml_would_convert_stay_text(written):
    assert parse_yaml(f"value: {written}\n", file="f.yaml").data == {"value": written}


@pytest.mark.parametrize("quote", ["'", '"'])
@pytest.mark.parametrize("written", ["12", "1.5", "true", "null", "~", "", "no"])
def test_quoted_text_stays_text(written, quote):
    assert parse_yaml(f"value: {quote}{written}{quote}\n", file="f.yaml").data == {"value": written}


def test_block_text_stays_text():
    assert parse_yaml("value: |-\n  12\n", file="f.yaml").data == {"value": "12"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [("true", True), ("false", False), ("null", None), ("~", None), ("", None), ("0", 0), ("12", 12), ("-3", -3),
     ("+3", 3), ("0.50", 0.5), ("-1.25", -1.25)],
)  # fmt: skip
def test_only_five_kinds_of_plain_values_have_a_meaning(written, meant):
    value = parse_yaml(f"value: {written}\n", file="f.yaml").data["value"]
    assert value == meant
    assert type(value) is type(meant)


def test_keys_are_always_text():
    assert parse_yaml('1: a\ntrue: b\nnull: c\n"4": d\n', file="f.yaml").data == {
        "1": "a", "true": "b", "null": "c", "4": "d",
    }  # fmt: skip


def test_a_merge_key_is_an_ordinary_key():
    assert parse_yaml("a: {<<: {b: 1}}\n", file="f.yaml").data == {"a": {"<<": {"b": 1}}}


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing but a remark\n", "---\n", "\ufeff"])
def test_an_empty_file_is_an_empty_value(text):
    assert parse_yaml(text, file="f.yaml").data is None


# --- lines --------------------------------------------------------------------------------------------------


def test_every_value_knows_its_line():
    doc = parse_yaml("# remark\nwaves:\n  - id: a\n    role: before\n\n  - id: b\nplan: {x: 1}\n", file="s.yaml")
    assert doc.where(()) == "s.yaml:2"
    assert doc.where(("waves",)) == "s.yaml:2"
    assert doc.where(("waves", 0, "role")) == "s.yaml:4"
    assert doc.where(("waves", 1)) == "s.yaml:6"
    assert doc.where(("plan", "x")) == "s.yaml:7"


def test_a_value_that_is_absent_is_placed_at_the_nearest_thing_around_it():
    doc = parse_yaml("a: 1\nwaves:\n  - id: x\n", file="s.yaml")
    assert doc.where(("waves", 0, "title", "en")) == "s.yaml:3"
    assert doc.where(("groups", "none")) == "s.yaml:1"


def test_windows_line_ends_count_once(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_bytes(b"a: 1\r\nb: 2\r\nc: 3\r\n")
    doc = read_yaml(path)
    assert doc.data == {"a": 1, "b": 2, "c": 3}
    assert doc.where(("c",)) == "s.yaml:3"


def test_a_byte_order_mark_is_ignored(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: \xe5\x89\x8d\n")
    assert read_yaml(path).data == {"a": "前"}


def test_a_file_is_named_below_the_root_and_never_by_a_whole_path(tmp_path):
    folder = tmp_path / "data_raw" / "little"
    folder.mkdir(parents=True)
    (folder / "study.yaml").write_text("a: 1\na: 2\n", encoding="utf-8")
    with pytest.raises(DefinitionError) as inside:
        read_yaml(folder / "study.yaml", root=tmp_path)
    with pytest.raises(DefinitionError) as outside:
        read_yaml(folder / "study.yaml", root=tmp_path / "elsewhere")
    assert inside.value.problems[0].where == "data_raw/little/study.yaml:2"
    assert outside.value.problems[0].where == "study.yaml:2"


# --- refusals -----------------------------------------------------------------------------------------------


def test_a_repeated_key_is_refused_with_the_line_of_the_second():
    error = refused("waves: 1\ngroups: 2\nwaves: 3\n")
    assert only(error) == ("study.yaml:3", "key 'waves' appears twice.")


def test_a_key_is_repeated_whether_quoted_or_not():
    assert only(refused("1: a\n'1': b\n")) == ("study.yaml:2", "key '1' appears twice.")


def test_every_repeated_key_is_listed():
    error = refused("a: 1\na: 2\nb: {c: 1, c: 2}\nb: 3\n")
    assert [problem.where for problem in error.problems] == ["study.yaml:2", "study.yaml:3", "study.yaml:4"]


@pytest.mark.parametrize(
    "text",
    ["a: 1\nb: &x 2\n", "a: &x 1\nb: *x\n", "a: 1\nb: !!int '2'\n", "a: 1\nb: !secret x\n", "a: 1\nb: *x\n",
     "a: 1\nb: !!python/object/apply:os.getcwd []\n"],
)  # fmt: skip
def test_anchors_aliases_and_tags_are_refused(text):
    where, what = only(refused(text))
    assert where == f"study.yaml:{1 if '&x 1' in text else 2}"
    assert what == "aliases (*), anchors (&) and tags (!) are not allowed."


def test_a_bomb_of_aliases_is_refused_at_once():
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]" for i in range(1, 30)]
    begun = time.perf_counter()
    assert only(refused("\n".join(lines)))[0] == "study.yaml:1"
    assert time.perf_counter() - begun < 1  # 9 to the power of 30 values would never end


@pytest.mark.parametrize(
    ("text", "line"),
    [("a: 1\n---\nb: 2\n", 2), ("---\na: 1\n---\nb: 2\n", 3), ("---\n---\n", 2), ("a: 1\n...\nb: 2\n", 3)],
)
def test_a_second_document_is_refused(text, line):
    error = refused(text)
    assert only(error) == (f"study.yaml:{line}", "a second document begins here.")
    assert error.problems[0].remedy == "One definition a file: remove --- and ...."


def test_one_document_may_be_marked():
    assert parse_yaml("---\na: 1\n...\n", file="f.yaml").data == {"a": 1}


@pytest.mark.parametrize("text", ["[" * 60, "{a: " * 60, "- " * 60, "? " * 60, "[" * 100_000])
def test_deep_nesting_is_refused_before_it_costs_anything(text):
    begun = time.perf_counter()
    assert only(refused(text)) == ("study.yaml:1", "nested too deeply.")
    assert time.perf_counter() - begun < 5


def test_nesting_as_deep_as_any_definition_needs_is_read():
    assert parse_yaml("[" * 30 + "]" * 30, file="f.yaml").data


@pytest.mark.parametrize(
    ("text", "line"),
    [("a: 1\n\tb: 2\n", 2), ("a:\n\t- 1\n", 2), ("a: [1, 2\nb: 3\n", 2), ("a: 'open\nb: 2\n", 3), ("a: 1\n b: 2\n", 2),
     ("a: b: c\n", 1), ("- a\nb: 1\n", 2), ("a: @x\n", 1), ("a: 1\nb: %x\n", 2), ("a: *bold*\n", 1), ('a: "\\q"\n', 1)],
)  # fmt: skip
def test_what_is_not_yaml_is_refused_with_its_line(text, line):
    where, what = only(refused(text))
    assert where == f"study.yaml:{line}"
    assert what.startswith("not valid YAML: ")


def test_an_unclosed_quote_is_placed_where_it_begins_too():
    where, what = only(refused('a: 1\nb: "open\nc: 2\nd: 3\n'))
    assert where == "study.yaml:5"
    assert what == (
        "not valid YAML: found unexpected end of stream while scanning a quoted scalar that begins in line 2."
    )


def test_a_key_that_is_a_list_is_refused():
    assert only(refused("a: 1\n? [b, c]\n: 2\n")) == ("study.yaml:2", "a key must be plain text.")


@pytest.mark.parametrize("sign", ["\x00", "\x07", "\x1b", "\x7f", "\x9b", "\ufffe"])
def test_control_characters_are_refused_with_their_line(sign):
    error = refused(f"a: 1\nb: x{sign}y\n")
    assert only(error) == ("study.yaml:2", f"holds a control character (U+{ord(sign):04X}).")
    assert sign not in str(error)


@pytest.mark.parametrize(
    ("escape", "number"), [(r"\0", "0000"), (r"\x07", "0007"), (r"\e", "001B"), (r"\ud800", "D800")]
)
def test_control_characters_written_as_escapes_are_refused_in_values_and_keys(escape, number):
    assert only(refused(f'a: 1\nb: "x{escape}"\n')) == ("study.yaml:2", f"holds a control character (U+{number}).")
    assert only(refused(f'a: 1\n"x{escape}": 2\n')) == ("study.yaml:2", f"holds a control character (U+{number}).")


@pytest.mark.parametrize("text", ['a: 1\nb: "\\U00110000"\n', 'a: 1\nb: "\\UFFFFFFFF"\n'])
def test_a_character_that_does_not_exist_is_refused(text):
    assert only(refused(text)) == ("study.yaml:2", "not valid YAML: there is no such character or version.")


def test_a_version_of_yaml_that_does_not_exist_is_refused():
    assert only(refused(f"%YAML {'1' * 5000}.1\n---\na: 1\n"))[0] == "study.yaml:1"


@pytest.mark.parametrize("number", ["9" * 16, "-" + "9" * 5000, "0." + "1" * 400, "9" * 400 + ".0"])
def test_a_number_too_long_to_be_held_exactly_is_refused(number):
    error = refused(f"a: 1\nb: {number}\n")
    assert only(error) == ("study.yaml:2", "a number of more than 15 digits.")
    assert error.problems[0].remedy == "Put quotes around it if it is a name."


def test_a_long_number_in_quotes_is_text():
    assert parse_yaml(f"a: '{'9' * 40}'\n", file="f.yaml").data == {"a": "9" * 40}


# --- files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "utf-16"])
def test_a_file_in_another_encoding_is_refused(tmp_path, encoding):
    error = refused("a: 1\nb: 繁體\n".encode(encoding), tmp_path)
    assert only(error) == (f"study.yaml:{1 if encoding == 'utf-16' else 2}", "not UTF-8.")
    assert error.problems[0].remedy == "Save the file as UTF-8."


def test_utf_16_without_a_mark_is_refused_too(tmp_path):
    assert only(refused("a: 1\nb: 2\n".encode("utf-16-le"), tmp_path))[1] == "holds a control character (U+0000)."


def test_a_huge_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "study.yaml"
    with path.open("wb") as file:
        file.truncate(50_000_000_000)  # a sparse file: it takes no room, and would never fit into memory
    with pytest.raises(DefinitionError) as caught:
        read_yaml(path)
    assert only(caught.value) == ("study.yaml:1", f"the file is larger than {MAX_BYTES:,} bytes.")


def test_a_file_of_the_allowed_size_is_read_in_bounded_time(tmp_path):
    entry = b"- {id: k, n: 1}\n"
    path = tmp_path / "f.yaml"
    path.write_bytes(entry * (MAX_BYTES // len(entry)))
    begun = time.perf_counter()
    assert len(read_yaml(path).data) == MAX_BYTES // len(entry)
    assert time.perf_counter() - begun < 60  # about 3 seconds on an idle machine


def test_a_file_that_is_missing_or_a_folder_is_refused(tmp_path):
    (tmp_path / "folder.yaml").mkdir()
    for name in ("absent.yaml", "folder.yaml"):
        with pytest.raises(DefinitionError) as caught:
            read_yaml(tmp_path / name, root=tmp_path)
        assert only(caught.value) == (f"{name}:1", "the file cannot be read.")
        assert str(tmp_path) not in str(caught.value)
