"""A study.yaml for files that were dropped into a folder: found, asked, loaded before it is written. All invented."""

from __future__ import annotations

import io
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from openpyxl import Workbook

from eval_tools.definitions.strict_yaml import parse_yaml
from eval_tools.errors import DefinitionError
from eval_tools.instruments.load import load_instruments
from eval_tools.runner.asking import Asker, Question, yes_or_no
from eval_tools.runner.check import check_study
from eval_tools.runner.command import main
from eval_tools.runner.new_study import new_study
from eval_tools.spreadsheets import csv_text

WAVES = ("2025-autumn", "2026-spring")
CHILDREN = [f"A{i:03}" for i in range(24)]
ENOUGH = {"title": "Hope", "identifiers": "published_arbitrary"}


@dataclass
class Bench:
    """A workbench with one empty folder for a study."""

    root: Path
    instruments: object

    @property
    def folder(self) -> Path:
        return self.root / "data_raw" / "hope"

    def put(self, file, header, rows, *, encoding="utf-8"):
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(csv_text(header, rows).encode(encoding))
        return path

    def new(self, *, dry_run=False, **given):
        asker = Asker(given={**ENOUGH, **{key.replace("__", "."): value for key, value in given.items()}})
        return new_study("hope", asker, start=self.root, dry_run=dry_run, instruments=self.instruments)

    def draft(self, **given):
        return parse_yaml(self.new(dry_run=True, **given).text, file="study.yaml").data

    def refusal(self, **given):
        with pytest.raises(DefinitionError) as refused:
            self.new(**given)
        return {problem.where: f"{problem.what} {problem.remedy}" for problem in refused.value.problems}

    def check(self):
        return check_study("hope", start=self.root)


@pytest.fixture(scope="module")
def library(root, tmp_path_factory):
    """The project's questionnaires, copied once."""
    folder = tmp_path_factory.mktemp("library")
    for name in ("questionnaires", "notebooks"):
        shutil.copytree(root / name, folder / name)
    return folder


@pytest.fixture
def bench(tmp_path, library, instruments):
    for name in ("questionnaires", "notebooks"):
        (tmp_path / name).symlink_to(library / name)
    (tmp_path / "data_raw" / "hope").mkdir(parents=True)
    return Bench(tmp_path, instruments)


@pytest.fixture
def at_bench(bench, monkeypatch):
    """Let the command find the workbench, with the library that was loaded already."""
    monkeypatch.setenv("EVAL_TOOLS_WORKBENCH", str(bench.root))
    monkeypatch.setattr("eval_tools.runner.new_study.load_instruments", lambda folder: bench.instruments)
    return bench


@pytest.fixture(scope="module")
def instruments(library):
    return load_instruments(library / "questionnaires")


def codes(person, item, low, high):
    """Invent an answer; every code occurs."""
    return low + (person * 11 + item * 3) % (high - low + 1)


def swls(bench, file="answers.csv", *, names="swls{}", low=1, **more):
    rows = [[who, *(codes(i, n, low, low + 6) for n in range(5))] for i, who in enumerate(CHILDREN)]
    return bench.put(file, ["id", *(names.format(n) for n in range(1, 6))], rows, **more)


# --- what a non-programmer drops in ----------------------------------------------------------------------------


def plain_files(bench):
    """Two terms of a plain CSV from a Chinese Excel, with names that should not be there."""
    header = ["编号", "姓名", "学校", "组别", *(f"cesd{n:02}" for n in range(1, 21)), "备注"]
    for folder in ("前测", "后测"):
        rows = []
        for i, who in enumerate(CHILDREN):
            place = ["一小", "项目"] if i < 12 else ["二小", "对照"]
            rows.append([who, "某某", *place, *(codes(i, n, 1, 4) for n in range(20)), ""])
        bench.put(f"{folder}/儿童问卷.csv", header, rows, encoding="gb18030")


def test_a_plain_csv_of_two_terms_becomes_a_study_that_check_accepts(bench):
    plain_files(bench)
    made = bench.new()
    assert bench.check().exit_code == 0
    study = parse_yaml(made.text, file="study.yaml").data
    assert [(w["id"], w["role"]) for w in study["waves"]] == [("before", "before"), ("after", "after")]
    first, second = study["sources"]
    assert first["columns"] == {"participant": "编号", "group": "组别", "site": "学校"}
    assert first["values"] == {"group": {"对照": "comparison", "项目": "programme"}}
    assert first["instruments"] == {
        "ces-d": {"columns": "cesd{n:02}", "answers": {"1": 0, "2": 1, "3": 2, "4": 3}},
    }
    assert (first["wave"], second["wave"]) == ("before", "after")
    assert {name: group["role"] for name, group in study["groups"].items()} == {
        "comparison": "comparison",
        "programme": "programme",
    }
    assert study["assignment"] == {"unit": "site", "randomised": False}
    assert study["plan"]["primary"] == [{"outcome": "ces-d.total", "better": "lower", "smallest_worthwhile": None}]
    assert study["plan"]["written"] == "after_data"


def test_columns_that_tell_who_somebody_is_are_ignored_and_warned_of(bench):
    plain_files(bench)
    made = bench.new(dry_run=True)
    assert "# seem to tell who somebody is: 姓名" in made.text
    assert any("'姓名'" in warning and "export again without" in warning for warning in made.warnings)
    assert "某某" not in made.text + made.readme + "".join((*made.found, *made.warnings))


def test_an_empty_corrections_file_and_questions_of_provenance_are_written_beside_it(bench):
    plain_files(bench)
    bench.new()
    readme = (bench.folder / "README.md").read_text(encoding="utf-8")
    assert "Who gave consent" in readme
    assert "`前测/儿童问卷.csv`: reader table, 24 rows" in readme
    assert "corrections: []" in (bench.folder / "corrections.yaml").read_text(encoding="utf-8")


def test_what_is_there_is_never_overwritten(bench):
    plain_files(bench)
    (bench.folder / "README.md").write_text("Ours.", encoding="utf-8")
    bench.new()
    assert (bench.folder / "README.md").read_text(encoding="utf-8") == "Ours."
    before = (bench.folder / "study.yaml").read_bytes()
    assert "never overwritten" in bench.refusal()["data_raw/hope/study.yaml"]
    assert (bench.folder / "study.yaml").read_bytes() == before


def test_a_dry_run_writes_nothing(bench):
    plain_files(bench)
    assert "ces-d" in bench.new(dry_run=True).text
    assert {path.name for path in bench.folder.iterdir()} == {"前测", "后测"}


# --- three platforms -------------------------------------------------------------------------------------------


def three_platforms(bench, instruments):
    """Children on 问卷星, caregivers on KoBo, community workers on Microsoft Forms, and a list of the children."""
    gad, feedback = instruments["gad-7"], instruments["template-community-feedback"]
    labels = {o.code: o.label["zh-Hans"] for o in gad.items["gad1"].responses.options}
    for wave in WAVES:
        items = [item.text["zh-Hans"] for item in gad.items.values()]
        header = [*("序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP", "总分", "1、你的编号")]
        header += [f"2、最近两周，下面的情况有多常发生？—{items[0]}", *items[1:]]
        rows = []
        for i, who in enumerate(CHILDREN):
            meta = [i + 1, "2026/9/14 8:03:36", "576秒", "微信", "N/A", "192.0.2.7(贵州-毕节)", 9]
            rows.append([*meta, who, *(labels[codes(i, n, 0, 3)] for n in range(7))])
        bench.put(f"{wave}/300000001_按文本_儿童问卷_24_24.csv", header, rows, encoding="gb18030")

        header = ["start", "end", "child_id", *(f"sdq{n:02}" for n in range(1, 26)), "_id", "_uuid"]
        header += [
            "_submission_time",
            "_validation_status",
            "_notes",
            "_status",
            "_submitted_by",
            "__version__",
            "_tags",
        ]
        header += ["meta/rootUuid", "_index"]
        lines = [";".join(f'"{name}"' for name in header)]
        for i, who in enumerate(CHILDREN):
            cells = ["2026-09-07T01:02:00.000+08:00"] * 2 + [who, *(codes(i, n, 0, 2) for n in range(25))]
            cells += [410100 + i, f"81c1e7ff-{i:04}", "2026-09-06T18:33:42", "", "", "submitted_via_web", "", "v1", ""]
            lines.append(";".join(f'"{cell}"' for cell in [*cells, f"uuid:81c1e7ff-{i:04}", i + 1]))
        path = bench.folder / wave / "caregivers - all versions - False.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

        sheet = (book := Workbook()).active
        words = {o.code: o.label["en"] for o in feedback.items["comm1"].responses.options}
        sheet.append(
            ["ID", "Start time", "Completion time", "Email", "Name", "Last modified time", "Participant ID"]
            + [item.text["en"] for item in feedback.items.values()]
        )
        for i, who in enumerate(CHILDREN[:8]):
            answers = [words[codes(i, n, 1, 5)] for n in range(len(feedback.items))]
            sheet.append([i + 1, "9/17/26 8:01:00", "9/17/26 8:08:40", "anonymous", None, None, who, *answers])
        book.save(bench.folder / wave / "community.xlsx")
    bench.put(
        "roster.csv",
        ["编号", "学校", "组别", "年龄", "性别"],
        [[w, "一小" if i < 12 else "二小", "A" if i < 12 else "B", 12, "女男"[i % 2]] for i, w in enumerate(CHILDREN)],
    )


PLATFORMS = {"role__a": "programme", "role__b": "comparison", "primary": "gad-7.total"}


def test_exports_of_three_platforms_and_a_list_become_one_study_that_check_accepts(bench, instruments):
    three_platforms(bench, instruments)
    lacking = bench.refusal()
    assert set(lacking) == {"role.a", "role.b", "primary"}, "what no file can tell is all that is asked"
    made = bench.new(**PLATFORMS)
    study = parse_yaml(made.text, file="study.yaml").data
    assert [(s["reader"], s["informant"], s["wave"], *s["instruments"]) for s in study["sources"]] == [
        (reader, informant, wave, form)
        for wave in WAVES
        for reader, informant, form in (
            ("wjx", "child", "gad-7"),
            ("kobo", "caregiver", "sdq-p"),
            ("microsoft-forms", "community_worker", "template-community-feedback"),
        )
    ]
    assert study["roster"]["columns"] == {
        **{"participant": "编号", "group": "组别", "site": "学校", "age": "年龄", "sex": "性别"}
    }
    assert study["roster"]["values"]["sex"] == {"女": "female", "男": "male"}
    assert study["sources"][1]["instruments"]["sdq-p"]["absent"] == [f"sdq{n}" for n in range(26, 34)]
    outcome = bench.check()
    assert outcome.exit_code == 0, outcome.text
    assert "0 errors" in outcome.text


# --- what it finds ---------------------------------------------------------------------------------------------


def test_without_a_second_wave_one_is_planned_and_check_says_that_it_is_empty(bench):
    swls(bench, "前测.csv")
    study = bench.draft()
    assert [w["id"] for w in study["waves"]] == ["before", "after"]
    bench.new()
    outcome = bench.check()
    assert outcome.exit_code == 0
    assert "no form was received for wave 'after'" in outcome.text


def test_a_column_of_waves_is_used_with_what_its_texts_mean(bench):
    rows = [[w, t, *(codes(i, n, 1, 7) for n in range(5))] for t in ("T1", "T2") for i, w in enumerate(CHILDREN)]
    bench.put("answers.csv", ["pid", "wave", *(f"swls{n}" for n in range(1, 6))], rows)
    [source] = bench.draft()["sources"]
    assert source["columns"] == {"participant": "pid", "wave": "wave"}
    assert source["values"] == {"wave": {"T1": "wave-1", "T2": "wave-2"}}
    assert "wave" not in source


def test_seasons_without_a_year_are_not_put_in_an_order_by_a_guess(bench):
    swls(bench, "spring/a.csv")
    swls(bench, "autumn/a.csv")
    assert "waves" in bench.refusal()
    assert [w["id"] for w in bench.draft(waves="autumn, spring")["waves"]] == ["autumn", "spring"]
    assert [w["id"] for w in bench.draft(waves="spring, autumn")["waves"]] == ["spring", "autumn"]


def test_questions_called_by_numbers_only_are_never_taken_for_a_questionnaire_by_themselves(bench):
    rows = [[w, *(codes(i, n, 0, 3) for n in range(20))] for i, w in enumerate(CHILDREN)]
    bench.put("前测/a.csv", ["id", *(f"q{n}" for n in range(1, 21))], rows)
    lacking = bench.refusal()
    assert "ces-d" in lacking["questionnaire.q1"]
    assert "so look at the form" in lacking["questionnaire.q1"]
    [source] = bench.draft(questionnaire__q1="ces-d")["sources"]
    assert source["instruments"] == {"ces-d": {"columns": "q{n}"}}


def test_words_of_items_are_found_in_the_other_script_and_with_numbers_before_them(bench, instruments):
    form = instruments["gad-7"]
    header = ["编号", *(f"{n}、{item.text['zh-Hant']}" for n, item in enumerate(form.items.values(), start=3))]
    labels = {o.code: o.label["zh-Hans"] for o in form.items["gad1"].responses.options}
    rows = [[w, *(labels[codes(i, n, 0, 3)] for n in range(7))] for i, w in enumerate(CHILDREN)]
    bench.put("前测/儿童.csv", header, rows)
    [source] = bench.draft()["sources"]
    assert source["instruments"] == {"gad-7": {"columns": header[1:]}}
    bench.new()
    assert bench.check().exit_code == 0


def test_labels_the_form_does_not_have_are_asked_and_only_those_of_several_columns_are_shown(bench):
    words = dict(enumerate(("非常不同意", "不同意", "有点不同意", "中立", "有点同意", "同意", "非常同意"), start=1))
    rows = [[w, *(words[codes(i, n, 1, 7)] for n in range(5))] for i, w in enumerate(CHILDREN)]
    rows[0][1] = "因为爸爸不在家"
    bench.put("前测/儿童.csv", ["id", *(f"swls{n}" for n in range(1, 6))], rows)
    lacking = bench.refusal()
    assert "非常不同意" in lacking["answers.swls"]
    assert "爸爸" not in "".join(lacking.values())
    pairs = ", ".join(f"{word}={code}" for code, word in words.items())
    [source] = bench.draft(answers__swls=pairs)["sources"]
    assert source["instruments"]["swls"]["answers"] == {word: code for code, word in words.items()}
    assert "codes: 1, 2" in bench.refusal(answers__swls="同意=9")["answers.swls"]


def test_marks_of_a_blank_are_declared(bench):
    rows = [[w, *(codes(i, n, 1, 7) if (i + n) % 9 else "N/A" for n in range(5))] for i, w in enumerate(CHILDREN)]
    bench.put("前测/child.csv", ["id", *(f"swls{n}" for n in range(1, 6))], rows)
    [source] = bench.draft()["sources"]
    assert source["blank"] == ["N/A"]


def test_a_file_without_a_questionnaire_or_that_is_no_export_is_left_out_with_the_reason(bench):
    swls(bench, "前测/a.csv")
    bench.put("前测/visits.csv", ["day", "hours"], [[1, 2], [2, 3]])
    (bench.folder / "notes.docx").write_bytes(b"PK")
    warnings = "\n".join(bench.new(dry_run=True).warnings)
    assert "visits.csv: left out; no questionnaire of the library" in warnings
    assert "notes.docx: left out; is no export" in warnings


def test_groups_that_only_some_files_tell_are_not_used_and_that_is_said(bench):
    swls(bench, "前测/a.csv")
    rows = [[w, "AB"[i % 2], *(codes(i, n, 1, 7) for n in range(5))] for i, w in enumerate(CHILDREN)]
    bench.put("后测/b.csv", ["id", "group", *(f"swls{n}" for n in range(1, 6))], rows)
    made = bench.new(dry_run=True)
    study = parse_yaml(made.text, file="study.yaml").data
    assert list(study["groups"]) == ["programme"]
    assert study["sources"][1]["ignore"] == ["group"]
    assert any("drafted as one group" in warning for warning in made.warnings)


def test_who_looks_at_critical_answers_must_be_said_for_real_children_and_is_missed_elsewhere(bench):
    rows = [[w, *(codes(i, n, 0, 3) for n in range(9))] for i, w in enumerate(CHILDREN)]
    bench.put("前测/child.csv", ["id", *(f"phq{n}" for n in range(1, 10))], rows)
    assert "Who looks the same day" in bench.refusal()["safeguarding_lead"]
    made = bench.new(dry_run=True, kind="synthetic")
    assert any("nobody is named" in warning for warning in made.warnings)
    people = bench.draft(safeguarding_lead="school counsellor on duty")["people"]
    assert people["safeguarding_lead"] == "school counsellor on duty"


# --- what is answered ------------------------------------------------------------------------------------------


def test_everything_that_lacks_or_does_not_fit_is_told_at_once_with_how_to_say_it(bench):
    swls(bench, "前测/a.csv")
    asker = Asker(given={"languages": "fr", "titel": "x", "kind": "rael"})
    with pytest.raises(DefinitionError) as refused:
        new_study("hope", asker, start=bench.root, instruments=bench.instruments)
    told = str(refused.value)
    assert "Add --set 'title=…'" in told
    assert "Some of en, zh-Hant, zh-Hans" in told
    assert "nothing asks for 'titel'" in told
    assert "Did you mean 'title'?" in told
    assert "Did you mean 'real'?" in told
    assert {path.name for path in bench.folder.iterdir()} == {"前测"}


@pytest.mark.parametrize("study", ["hpoe", "hope"])
def test_no_folder_or_an_empty_one_is_refused(bench, study):
    with pytest.raises(DefinitionError, match=r"no such folder|holds no file"):
        new_study(study, Asker(given=ENOUGH), start=bench.root, instruments=bench.instruments)


def test_a_chinese_title_is_written_in_both_scripts_and_asked_for_in_english(bench):
    swls(bench, "前测/a.csv")
    title = bench.draft(title="关爱留守儿童", title__en="Care")["title"]
    assert title == {"en": "Care", "zh-Hant": "關愛留守兒童", "zh-Hans": "关爱留守儿童"}


def test_at_the_keyboard_an_empty_line_takes_the_default_and_nonsense_is_asked_again():
    typed = io.StringIO("\nmaybe\nyes\n2\n\nA title\n")
    asker = Asker(given={}, source=typed, stream=io.StringIO())
    assert asker.ask(Question(key="a", text="?", default="x")) == "x"
    assert asker.ask(Question(key="b", text="?"), yes_or_no) is True
    assert asker.ask(Question(key="c", text="?", choices=("one", "two"))) == "two"
    assert asker.ask(Question(key="d", text="?")) == "A title"
    assert typed.read() == ""


def test_an_input_that_ends_is_an_error_and_not_an_answer():
    asker = Asker(given={}, source=io.StringIO(""), stream=io.StringIO())
    with pytest.raises(DefinitionError, match="the input ended"):
        asker.ask(Question(key="a", text="?", default="x"))


def test_the_command_takes_answers_from_a_file_and_options_before_it(at_bench, tmp_path, capsys):
    swls(at_bench, "前测/a.csv")
    answers = tmp_path / "answers.yaml"
    answers.write_text("title: From the file\nidentifiers: published_arbitrary\n", encoding="utf-8")
    options = ["new", "hope", "--yes", "--answers", str(answers), "--set", "title=From the option"]
    assert main([*options, "--dry-run"]) == 0
    assert "From the option" in capsys.readouterr().out
    assert main(options) == 0
    assert "Taken without asking" in capsys.readouterr().out
    assert main(["check", "hope"]) == 0


@pytest.mark.parametrize("pair", ["title", "=x"])
def test_an_option_that_is_no_pair_is_refused(at_bench, capsys, pair):
    swls(at_bench, "前测/a.csv")
    assert main(["new", "hope", "--set", pair]) == 2
    assert "is not KEY=VALUE" in capsys.readouterr().err


def at_a_terminal(bench, typed, *, interrupt=False):
    """Run the command in a terminal of its own, type, and return what was shown and the exit code."""
    library = (bench.root / "questionnaires").resolve()
    (bench.root / "questionnaires").unlink()
    shutil.copytree(library / "swls", bench.root / "questionnaires" / "swls")  # a library that is read at once
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "eval_tools", "new", "hope"]
    environment = os.environ | {"EVAL_TOOLS_WORKBENCH": str(bench.root), "TERM": "xterm"}
    running = subprocess.Popen(
        command,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        close_fds=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # also where the tests run in the background
    )
    os.close(theirs)
    shown, waiting = b"", list(typed)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if not select.select([ours], [], [], 1)[0]:
            continue
        try:
            shown += os.read(ours, 4096)
        except OSError:
            break
        if shown.endswith(b": "):
            if waiting:
                os.write(ours, waiting.pop(0).encode() + b"\n")
            elif interrupt:
                interrupt = False
                running.send_signal(signal.SIGINT)
            else:
                os.write(ours, b"\n")
    os.close(ours)
    try:
        return shown.decode(), running.wait(timeout=30)
    finally:
        running.kill()


def test_in_a_terminal_a_new_user_is_asked_and_gets_a_study(bench):
    swls(bench, "前测/child.csv")
    shown, code = at_a_terminal(bench, ["after", "before, after", "A first study"])
    assert code == 0, shown
    assert "A first study" in (bench.folder / "study.yaml").read_text(encoding="utf-8")
    assert "Next: read data_raw/hope/study.yaml" in shown


def test_stopped_in_the_middle_nothing_is_left_behind(bench):
    swls(bench, "前测/child.csv")
    shown, code = at_a_terminal(bench, ["after"], interrupt=True)
    assert code == 130
    assert "Stopped" in shown
    assert {path.name for path in bench.folder.iterdir()} == {"前测"}


def test_of_children_whose_numbers_lead_to_them_the_consent_is_asked_for(bench):
    plain_files(bench)
    of_children = {"identifiers": "direct", "respondents": "children"}
    assert "Where is the guardians' consent recorded?" in bench.refusal(**of_children)["consent"]
    people = bench.draft(**of_children, consent="recorded_elsewhere")["people"]
    assert (people["identifiers"], people["consent"]) == ("direct", "recorded_elsewhere")


def test_every_ignored_column_gets_a_role_and_what_nobody_knows_is_sensitive(bench):
    plain_files(bench)
    (source, *_) = bench.draft()["sources"]
    assert source["roles"] == {"direct": ["姓名"], "sensitive": ["备注"]}


def test_a_column_of_consent_is_read_where_it_is_said_to_hold_it(bench):
    header = ["id", "group", "consent", *(f"cesd{n:02}" for n in range(1, 21))]
    rows = [[child, "programme", "是" if i else "否", *["1"] * 20] for i, child in enumerate(CHILDREN)]
    for wave in WAVES:
        bench.put(f"{wave}/children.csv", header, rows)
    given = {"identifiers": "direct", "respondents": "children", "consent": "in_data", "kind": "synthetic"}
    (source, *_) = bench.draft(**given)["sources"]
    assert source["columns"]["consent"] == "consent"
    assert source["values"]["consent"] == {"是": "given", "否": "refused"}
