"""``eval-tools questionnaires …``: what each command writes, says and refuses, and with which exit code."""

from __future__ import annotations

import csv
import io
import json
import shutil
import stat
from pathlib import Path

import pypdf
import pytest
from openpyxl import load_workbook

from eval_tools.runner.command import main

SECRET_ID = "geheim-4711"


@pytest.fixture
def bench(little, root, monkeypatch):
    """A workbench of its own with a few of the shipped questionnaires."""
    for name in ("phq/phq-9", "phq/phq-8", "sdq/sdq-s", "mht/mht"):
        folder = little.root / "questionnaires" / name.split("/")[0]
        folder.mkdir(parents=True, exist_ok=True)
        for source in (root / "questionnaires" / name.split("/")[0]).iterdir():
            if source.suffix == ".csv" or source.stem == name.split("/")[1]:
                shutil.copy(source, folder / source.name)
    monkeypatch.setenv("EVAL_TOOLS_WORKBENCH", str(little.root))
    monkeypatch.chdir(little.root)
    return little


def run(capsys, *arguments):
    code = main(["questionnaires", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def phq_file(path, rows, header=None):
    header = header or ["id", *(f"Q{n}" for n in range(1, 10))]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return str(path)


def rows_of(path):
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


# --- list, show, check -----------------------------------------------------------------------------------------


def test_list_has_a_line_for_every_questionnaire(bench, capsys):
    code, out, _ = run(capsys, "list")
    assert code == 0
    assert {line.split()[0] for line in out.splitlines()[1:]} >= {"ces-d", "phq-9", "phq-8", "sdq-s", "mht"}
    code, out, _ = run(capsys, "list", "--language", "zh-Hans")
    assert code == 0
    assert "流调中心抑郁量表" in out


def test_show_gives_key_standing_and_licence(bench, capsys):
    code, out, _ = run(capsys, "show", "sdq-s")
    assert code == 0
    for part in ("5, 7r, 12, 18, 22", "Nobody has compared the key", "Youthinmind", "electronic: with permission"):
        assert part in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "phq9"], "Did you mean 'phq-9'"),
        (["check", "phq9"], "Did you mean 'phq-9'"),
        (["form", "phq-9", "--language", "zh"], "unknown language: 'zh'"),
        (["xlsform", "phq-9", "--language", "zh-hant"], "Did you mean 'zh-Hant'"),
        (["score", "absent.csv", "--questionnaire", "phq-9"], "does not exist"),
        (["score", "x.csv", "--questionnaire", "phq-9", "--encoding", "latin-1"], "unknown encoding"),
        (["pack", "litle", "--wave", "spring"], "Did you mean 'little'"),
        (["pack", "little", "--wave", "sprung"], "Did you mean 'spring'"),
        (["pack", "little", "--wave", "spring", "--children", "-3"], "cannot be drawn"),
    ],
)
def test_a_wrong_name_ends_with_two_and_the_names_there_are(bench, capsys, arguments, said):
    code, _, err = run(capsys, *arguments)
    assert code == 2
    assert said in err


def test_check_of_all_says_in_a_line_each_what_to_know(bench, capsys):
    code, out, _ = run(capsys, "check")
    assert code == 0
    assert "no problem" in out
    assert any(line.startswith("sdq-s: key not compared") for line in out.splitlines())


def test_check_of_one_lists_its_warnings(bench, capsys):
    code, out, _ = run(capsys, "check", "questionnaires/phq/phq-9.yaml")
    assert code == 0
    assert "no problem; 9 items" in out
    assert "need a person's look" in out


def test_check_of_a_broken_definition_ends_with_two_and_its_line(bench, capsys):
    path = bench.root / "questionnaires" / "phq" / "phq-9.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("higher_is_worse", "higher_is_wurst", 1), encoding="utf-8")
    code, _, err = run(capsys, "check", str(path))
    assert code == 2
    assert "phq-9.yaml:" in err
    assert "higher_is_worse" in err


def test_check_tells_what_local_wording_lacks_and_what_is_wrong_in_it(bench, capsys):
    assert run(capsys, "wording", "sdq-s", "--language", "zh-Hans")[0] == 0
    path = bench.root / "local" / "sdq-s.zh-Hans.csv"
    code, out, _ = run(capsys, "check", str(path))
    assert code == 0
    assert "items have no text" in out
    assert run(capsys, "wording", "sdq-s", "--language", "zh-Hans")[0] == 2  # never overwritten
    path.write_text("part,text\nsdq99,x\n", encoding="utf-8")
    code, out, _ = run(capsys, "check", str(path))
    assert code == 2
    assert "unknown part: 'sdq99'" in out
    code, out, _ = run(capsys, "check")
    assert code == 2


# --- score -----------------------------------------------------------------------------------------------------


def test_a_plain_file_is_scored_with_one_command_that_says_what_it_did(bench, capsys, tmp_path):
    rows = [
        [SECRET_ID, *[1] * 9],
        ["b", *[2] * 8, ""],
        ["c", *[0] * 6, "", "", ""],
        ["d", *[""] * 9],
        ["e", *[0] * 8, 3],
    ]
    file = phq_file(tmp_path / "answers.csv", rows)
    code, out, _ = run(capsys, "score", file, "--questionnaire", "phq-9")
    assert code == 0
    assert "5 rows read; 9 of 9 questions found" in out
    assert "3 scored, 1 of them" in out
    assert "too few answers: 1" in out
    assert "nothing answered: 1" in out
    assert SECRET_ID not in out
    scores = rows_of(tmp_path / "answers.scores.csv")
    assert [row["row"] for row in scores] == ["2", "3", "4", "5", "6"]
    assert [row["total"] for row in scores] == ["9", "18", "", "", "3"]
    assert [row["total_status"] for row in scores] == [
        "scored", "prorated", "too_few_answers", "not_answered", "scored",
    ]  # fmt: skip
    assert scores[0]["id"] == SECRET_ID
    assert scores[1]["total_band"]
    assert scores[3]["total_band"] == ""


def test_a_large_csv_file_is_scored_as_a_small_one_is(bench, capsys, tmp_path, monkeypatch):
    rows = [[f"0{i}", *(str((i + n) % 4) for n in range(9))] for i in range(1, 6)]
    rows[2][4] = ""
    small = phq_file(tmp_path / "small.csv", rows)
    large = phq_file(tmp_path / "large.csv", rows)
    code, _, _ = run(capsys, "score", small, "--questionnaire", "phq-9", "--id", "id")
    assert code == 0
    import pandas as pd

    monkeypatch.setattr("eval_tools.forms.typed_table.MAX_BYTES", 10)
    code, out, _ = run(capsys, "score", large, "--questionnaire", "phq-9", "--id", "id")
    assert code == 0
    assert out.splitlines()[0] == "large.csv: 5 rows read; 9 of 9 questions found by their numbers, q{n}."
    scores, known = pd.read_parquet(tmp_path / "large.scores.parquet"), rows_of(tmp_path / "small.scores.csv")
    assert scores["id"].to_list() == [row["id"] for row in known]
    assert [f"{score:g}" for score in scores["total"]] == [row["total"] for row in known]
    code, _, err = run(capsys, "score", large, "--questionnaire", "phq-9", "--out", str(tmp_path / "x.csv"))
    assert code == 2
    assert "Parquet" in err


def test_a_parquet_file_is_scored_as_the_same_csv_is(bench, capsys, tmp_path):
    import pandas as pd

    rows = [[SECRET_ID, *[1] * 9], ["b", *[2] * 8, None], ["c", *[0] * 6, None, None, None], ["d", *[0] * 8, 3]]
    table = pd.DataFrame(rows, columns=["id", *(f"Q{n}" for n in range(1, 10))])
    table.to_parquet(tmp_path / "answers.parquet")
    table.astype({f"Q{n}": "Int64" for n in range(1, 10)}).to_csv(tmp_path / "same.csv", index=False)
    code, out, _ = run(capsys, "score", str(tmp_path / "answers.parquet"), "--questionnaire", "phq-9")
    assert code == 0
    _, of_csv, _ = run(capsys, "score", str(tmp_path / "same.csv"), "--questionnaire", "phq-9")
    lines = out.splitlines()
    assert lines[0] == "answers.parquet: 4 rows read; 9 of 9 questions found by their numbers, q{n}."
    assert [line for line in lines if "too few answers: 1" in line] == [
        line for line in of_csv.splitlines() if "too few answers: 1" in line
    ]
    assert "not looked for in a Parquet file" in out
    assert SECRET_ID not in out
    scores = pd.read_parquet(tmp_path / "answers.scores.parquet")
    typed = rows_of(tmp_path / "same.scores.csv")
    assert list(scores["id"]) == [row["id"] for row in typed] == [SECRET_ID, "b", "c", "d"]
    assert ["" if pd.isna(total) else f"{total:g}" for total in scores["total"]] == [row["total"] for row in typed]
    assert list(scores["total.status"]) == [row["total_status"] for row in typed]
    assert "critical" not in " ".join(scores.columns)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--same-day", "urgent.csv"], "are for typed files"),
        (["--columns", "item{n}"], "no column was found for 9 of the 9 questions"),
    ],
)
def test_what_cannot_be_done_with_a_parquet_file_is_refused(bench, capsys, tmp_path, more, said):
    import pandas as pd

    pd.DataFrame([[1] * 9], columns=[f"Q{n}" for n in range(1, 10)]).to_parquet(tmp_path / "answers.parquet")
    code, _, err = run(capsys, "score", str(tmp_path / "answers.parquet"), "--questionnaire", "phq-9", *more)
    assert code != 0
    assert said in err
    assert not (tmp_path / "answers.scores.parquet").exists()


def test_a_file_that_only_is_called_parquet_is_refused(bench, capsys, tmp_path):
    (tmp_path / "answers.parquet").write_text("id,Q1")
    code, _, err = run(capsys, "score", str(tmp_path / "answers.parquet"), "--questionnaire", "phq-9")
    assert code != 0
    assert "no readable Parquet file" in err


def test_critical_answers_reach_only_the_file_that_was_asked_for(bench, capsys, tmp_path):
    rows = [["a", *[0] * 9], ["b", *[0] * 8, 1], ["c", *[0] * 8, 3]]
    file = phq_file(tmp_path / "answers.csv", rows)
    _, out, _ = run(capsys, "score", file, "--questionnaire", "phq-9")
    assert "the same day 2 forms" in out
    assert not (tmp_path / "urgent.csv").exists()
    plain = (tmp_path / "answers.scores.csv").read_bytes()
    urgent = tmp_path / "urgent.csv"
    code, _, _ = run(capsys, "score", file, "--questionnaire", "phq-9", "--same-day", str(urgent))
    assert code == 0
    assert rows_of(urgent) == [{"row": "3", "when": "same day"}, {"row": "4", "when": "same day"}]
    assert stat.S_IMODE(urgent.stat().st_mode) == 0o600
    assert (tmp_path / "answers.scores.csv").read_bytes() == plain
    assert b"same day" not in plain
    assert b"critical" not in plain


@pytest.mark.parametrize(
    ("cell", "said"), [("x7x", "neither a code nor a label"), ("4", "Codes of the form: 0, 1, 2, 3")]
)
def test_text_or_a_foreign_code_ends_with_three_and_writes_nothing(bench, capsys, tmp_path, cell, said):
    file = phq_file(tmp_path / "answers.csv", [[SECRET_ID, *[0] * 9], ["b", cell, *[0] * 8]])
    code, out, err = run(capsys, "score", file, "--questionnaire", "phq-9")
    assert code == 3
    assert said in err
    assert "in row 3" in err
    assert "x7x" not in err
    assert SECRET_ID not in err
    assert out == ""
    assert not (tmp_path / "answers.scores.csv").exists()


def test_a_missing_question_ends_with_three_unless_it_is_meant(bench, capsys, tmp_path):
    header = ["id", *(f"Q{n}" for n in range(1, 9))]
    file = phq_file(tmp_path / "answers.csv", [["a", *[1] * 8]], header)
    code, _, err = run(capsys, "score", file, "--questionnaire", "phq-9")
    assert code == 3
    assert "9 (phq9)" in err
    code, out, _ = run(capsys, "score", file, "--questionnaire", "phq-9", "--partial")
    assert code == 0
    assert "counted as not answered: 9" in out


def test_an_ambiguous_file_ends_with_two(bench, capsys, tmp_path):
    header = [*(f"a{n}" for n in range(1, 10)), *(f"b{n}" for n in range(1, 10))]
    file = phq_file(tmp_path / "answers.csv", [[0] * 18], header)
    code, _, err = run(capsys, "score", file, "--questionnaire", "phq-9")
    assert code == 2
    assert "2 ways" in err
    assert run(capsys, "score", file, "--questionnaire", "phq-9", "--columns", "b{n}")[0] == 0


def test_scores_are_the_same_whatever_the_order_of_rows_and_columns(bench, capsys, tmp_path):
    header = ["id", *(f"Q{n}" for n in range(1, 10))]
    rows = [[f"p{i}", *((i + n) % 4 for n in range(9))] for i in range(8)]
    run(capsys, "score", phq_file(tmp_path / "a.csv", rows, header), "--questionnaire", "phq-9")
    turned = [list(reversed(row)) for row in reversed(rows)]
    run(capsys, "score", phq_file(tmp_path / "b.csv", turned, header[::-1]), "--questionnaire", "phq-9")

    def by_id(name):
        return {row["id"]: {k: v for k, v in row.items() if k != "row"} for row in rows_of(tmp_path / name)}

    assert by_id("a.scores.csv") == by_id("b.scores.csv")


def test_a_live_formula_among_the_ids_is_written_as_text(bench, capsys, tmp_path):
    file = phq_file(tmp_path / "answers.csv", [["=HYPERLINK(1)", *[0] * 9]])
    assert run(capsys, "score", file, "--questionnaire", "phq-9")[0] == 0
    assert rows_of(tmp_path / "answers.scores.csv")[0]["id"] == "'=HYPERLINK(1)"


def test_scores_never_overwrite_the_answers_or_lie_under_reports(bench, capsys, tmp_path):
    file = phq_file(tmp_path / "answers.csv", [["a", *[0] * 9]])
    for out in (file, str(bench.root / "reports" / "x.csv")):
        code, _, err = run(capsys, "score", file, "--questionnaire", "phq-9", "--out", out)
        assert code == 2
        assert "--out" in err
    assert rows_of(file)[0]["Q1"] == "0"


def test_a_form_below_its_age_is_reported_in_three_languages(bench, capsys, tmp_path):
    header = ["id", "age", *(f"Q{n}" for n in range(1, 34))]
    rows = [["a", "8", *[1] * 33], ["b", "12", *[1] * 33]]
    file = phq_file(tmp_path / "answers.csv", rows, header)
    for language, said in (
        ("en", "1 of 2 forms are of people younger"),
        ("zh-Hant", "低於適用年齡"),
        ("zh-Hans", "低于适用年龄"),
    ):
        code, out, _ = run(capsys, "score", file, "--questionnaire", "sdq-s", "--language", language)
        assert code == 0
        assert said in out


def test_a_lie_scale_is_a_column_and_a_count(bench, capsys, tmp_path):
    header = [f"Q{n}" for n in range(1, 101)]
    rows = [[1] * 100, [0] * 100]
    code, out, _ = run(capsys, "score", phq_file(tmp_path / "a.csv", rows, header), "--questionnaire", "mht")
    assert code == 0
    assert "1 forms show a sign" in out
    columns = [name for name in rows_of(tmp_path / "a.scores.csv")[0] if name.startswith("validity_")]
    assert columns
    assert any(row[name] == "met" for row in rows_of(tmp_path / "a.scores.csv") for name in columns)


# --- files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["pdf", "docx"])
def test_form_writes_below_local(bench, capsys, form):
    code, out, err = run(capsys, "form", "sdq-s", "--language", "zh-Hant", "--format", form)
    assert code == 0
    assert out.strip() == f"local/forms/sdq-s.zh-Hant.{form}"
    assert "answer sheet" in err
    assert (bench.root / out.strip()).stat().st_size > 5_000


def test_form_takes_local_wording(bench, capsys, tmp_path):
    (bench.root / "local").mkdir()
    (bench.root / "local" / "sdq-s.en.csv").write_text("part,text\nsdq01,Invented words\n", encoding="utf-8")
    target = tmp_path / "form.pdf"
    code, _, err = run(capsys, "form", "sdq-s", "--out", str(target))
    assert code == 0
    assert "answer sheet" not in err
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(target.read_bytes())).pages)
    assert "Invented words" in text
    assert "Where a line holds no text" in text.replace("\n", " ")


def test_xlsform_with_local_wording_needs_the_holders_agreement(bench, capsys):
    code, _, err = run(capsys, "xlsform", "sdq-s")
    assert code == 0
    assert "typing in paper answers" in err
    (bench.root / "local" / "sdq-s.en.csv").write_text("part,text\nsdq01,Invented words\n", encoding="utf-8")
    code, _, err = run(capsys, "xlsform", "sdq-s")
    assert code == 2
    assert "agreement of the holder" in err
    code, out, _ = run(capsys, "xlsform", "sdq-s", "--permission", "letter of 3 May")
    assert code == 0
    book = load_workbook(bench.root / out.strip())
    assert {"survey", "choices", "settings"} == set(book.sheetnames)
    assert "letter of 3 May" in [cell.value for row in book["settings"].iter_rows() for cell in row]


def test_codebook_writes_three_pages_ddi_and_schemas(bench, capsys, tmp_path):
    code, out, _ = run(capsys, "codebook", "phq-9", "--out", str(tmp_path / "book"))
    assert code == 0
    assert sorted(path.name for path in (tmp_path / "book").iterdir()) == [
        "phq-9.answers.schema.json",
        "phq-9.codebook.en.html",
        "phq-9.codebook.zh-Hans.html",
        "phq-9.codebook.zh-Hant.html",
        "phq-9.ddi.xml",
        "phq-9.scores.schema.json",
    ]
    schema = json.loads((tmp_path / "book" / "phq-9.answers.schema.json").read_text(encoding="utf-8"))
    assert len(schema["fields"]) == 10
    assert len(out.splitlines()) == 6


def test_pack_writes_a_wave_and_keeps_the_numbers_of_the_study(bench, capsys):
    code, out, _ = run(capsys, "pack", "little", "--wave", "autumn", "--children", "12")
    assert code == 0
    folder = bench.root / "local" / "packs" / "little"
    ids = (folder / "ids.csv").read_text(encoding="utf-8").split()[1:]
    assert len(ids) == 12
    assert "local/packs/little/autumn/id-list.en.pdf" in out
    assert "drafts for local legal review" in out
    assert not any(number in out for number in ids)
    assert run(capsys, "pack", "little", "--wave", "spring")[0] == 0
    assert (folder / "ids.csv").read_text(encoding="utf-8").split()[1:] == ids
    rows = list(load_workbook(folder / "spring" / "id-list.xlsx")["ids"].iter_rows(values_only=True))
    assert [str(row[0]) for row in rows] == ["id", *ids]


def test_pack_without_numbers_says_so(bench, capsys):
    code, out, _ = run(capsys, "pack", "little", "--wave", "autumn")
    assert code == 0
    assert "--children" in out
    assert "id-list" not in out


def test_docs_writes_a_page_each_and_removes_those_of_questionnaires_that_are_gone(bench, capsys, tmp_path):
    (tmp_path / "old.md").write_text("x", encoding="utf-8")
    code, out, _ = run(capsys, "docs", "--out", str(tmp_path))
    assert code == 0
    names = {path.stem for path in (bench.root / "questionnaires").glob("*/*.yaml")}
    assert {path.stem for path in tmp_path.glob("*.md")} == {*names, "index"}
    assert "old.md" in out


def test_without_an_action_the_command_ends_with_two(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["questionnaires"])
    assert stopped.value.code == 2
