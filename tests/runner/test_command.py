"""The command line: what it answers, and with which exit code."""

from __future__ import annotations

import subprocess
import sys

import pytest

from eval_tools.runner.command import main


@pytest.fixture
def at_little(little, monkeypatch):
    monkeypatch.setenv("EVAL_TOOLS_WORKBENCH", str(little.root))
    return little


def test_check_lists_what_was_read_and_ends_with_zero(at_little, capsys):
    assert main(["check", "little"]) == 0
    out = capsys.readouterr().out
    assert "60 participants" in out
    assert "No errors" in out


def test_check_lists_every_problem_at_once_and_ends_with_three(at_little, capsys):
    at_little.change("invented-0000,autumn", ",autumn", file="both/answers.csv")
    at_little.change("invented-0001,autumn,programme", "invented-0001,autumm,programme", file="both/answers.csv")
    assert main(["check", "little"]) == 3
    out = capsys.readouterr().out
    assert "no participant id" in out
    assert "names no wave" in out
    assert "Errors (2)" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "litle"], "unknown study: 'litle'"),
        (["run", "little", "--term", "sprung"], "Did you mean 'spring'?"),
        (["run", "little", "--language", "zh"], "Known: en, zh-Hant, zh-Hans"),
        (["check", "nothing"], "Known: little"),
    ],
)
def test_an_unknown_name_ends_with_two_and_the_names_there_are(at_little, capsys, arguments, said):
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


def test_an_unknown_option_ends_with_two(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["run", "little", "--terms", "spring", "--wide"])
    assert stopped.value.code == 2


def test_wrong_data_end_with_three_without_a_traceback(at_little, capsys):
    text = at_little.answers.read_text(encoding="utf-8")
    with_both = next(f"invented-0{n:03}" for n in range(30) if f"invented-0{n:03},spring" in text)
    at_little.change(f"{with_both},autumn", f"{with_both},spring", file="both/answers.csv")
    assert main(["run", "little", "--quiet"]) == 3
    err = capsys.readouterr().err
    assert "2 forms at one wave" in err
    assert "Traceback" not in err
    assert with_both not in err
    assert not (at_little.root / "reports").exists()


def test_a_term_without_forms_ends_with_three(at_little, capsys):
    text = at_little.answers.read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if ",spring," not in line]
    at_little.answers.write_text("\n".join(kept) + "\n", encoding="utf-8")
    assert main(["run", "little", "--term", "spring", "--quiet"]) == 3
    assert "no form was received for wave 'spring'" in capsys.readouterr().err


def test_outside_a_workbench_the_remedy_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("EVAL_TOOLS_WORKBENCH", str(tmp_path))
    assert main(["check", "little"]) == 2
    assert "set EVAL_TOOLS_WORKBENCH" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(arguments):
    code = (
        "import sys\n"
        "from eval_tools.runner.command import main\n"
        "try:\n"
        f"    main({arguments!r})\n"
        "except SystemExit:\n"
        "    pass\n"
        "heavy = {'numpy', 'pandas', 'scipy', 'statsmodels', 'matplotlib', 'seaborn', 'yaml', 'jinja2'}\n"
        "sys.stderr.write(','.join(sorted(heavy & set(sys.modules))))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout
