"""The command ``eval-tools``. Nothing heavy is imported before it is known what is wanted.

Exit codes: 0 done, 1 our own defect, 2 a definition or an option is wrong, 3 the data are wrong or refused,
4 publishing is refused.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from eval_tools.runner.collecting import add_monitor, run_monitor
from eval_tools.runner.duty import add_safeguarding, run_safeguarding
from eval_tools.runner.interviews import add_interviews, run_interviews
from eval_tools.runner.keys import add_key, run_key
from eval_tools.runner.questionnaires import add_questionnaires, run_questionnaires
from eval_tools.runner.withdraw import add_withdraw, run_withdraw

OPENS_RAW_DATA = ("run", "check", "monitor", "safeguarding", "withdraw")
LANGUAGES = ("en", "zh-Hant", "zh-Hans")


def build_parser() -> argparse.ArgumentParser:
    """Describe every command and option."""
    from eval_tools import __version__

    parser = argparse.ArgumentParser(
        prog="eval-tools",
        description="From raw questionnaire exports to an honest, reproducible before/after report.",
        epilog="Exit codes: 0 done, 1 a defect of the program, 2 a definition or option is wrong, "
        "3 the data are wrong or refused, 4 publishing is refused.",
    )
    parser.add_argument("--version", action="version", version=f"eval-tools {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    run = commands.add_parser(
        "run",
        help="compute a study and write its reports",
        description="Read the raw files of a study, score, compare, and write reports/STUDY/TERM/.",
    )
    run.add_argument("study", metavar="STUDY", help="folder under data_raw/")
    run.add_argument("--term", default="", help="wave to report on; default: the plan's decision term")
    run.add_argument("--language", default="", help=f"one of {', '.join(LANGUAGES)}; default: all of the study")
    run.add_argument("--quiet", action="store_true", help="no progress")
    check = commands.add_parser(
        "check",
        help="list every problem of a study without running it",
        description="Check definitions and raw files of a study and list every problem at once.",
    )
    check.add_argument("study", metavar="STUDY", help="folder under data_raw/")
    check.add_argument("--html", default="", metavar="FILE", help="the page; default: .eval_tools/check/STUDY.html")
    check.add_argument("--xlsx", default="", metavar="FILE", help="write a workbook in which each problem is decided")
    check.add_argument(
        "--decisions", default="", metavar="FILE", help="read such a workbook back into corrections.yaml"
    )
    new = commands.add_parser(
        "new",
        help="propose a study.yaml for the files in a folder, and ask what they do not tell",
        description="Look at the exports in data_raw/STUDY/, find columns and questionnaires, ask what cannot be "
        "found, and write study.yaml, corrections.yaml and README.md. Nothing that is there is overwritten.",
    )
    new.add_argument("study", metavar="STUDY", help="folder under data_raw/ with the exports as received")
    new.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="answer a question beforehand; may be repeated"
    )
    new.add_argument("--answers", default="", metavar="FILE", help="YAML file with such answers, one key a line")
    new.add_argument("--yes", action="store_true", help="take every default; ask nothing, and say what lacks one")
    new.add_argument("--dry-run", action="store_true", help="print what would be written")
    lock = commands.add_parser(
        "lock",
        help="freeze the plan of a study before its data are seen",
        description="Write plan.lock beside study.yaml: outcomes, groups, waves, decision term and questionnaires. "
        "Every later change is found and listed in the report.",
    )
    lock.add_argument("study", metavar="STUDY", help="folder under data_raw/")
    add_monitor(commands)
    add_questionnaires(commands)
    add_interviews(commands)
    add_key(commands)
    add_safeguarding(commands)
    add_withdraw(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; one that opens raw data leaves a line in the access log."""
    options = build_parser().parse_args(arguments)
    if options.command not in OPENS_RAW_DATA:
        return _answer(options)
    from eval_tools.runner.access_log import log_access

    code = 1
    try:
        code = _answer(options)
    finally:
        reason = getattr(options, "reason_word", "")
        log_access(f"{options.command} {reason}".strip(), options.study, code)
    return code


def _answer(options: argparse.Namespace) -> int:
    from eval_tools.errors import EvalToolsError

    try:
        return COMMANDS[options.command](options)
    except EvalToolsError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. Nothing half-written was left; the next run begins where the cache ends.\n")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(options: argparse.Namespace) -> int:
    from eval_tools.runner.publish import run_study

    target = run_study(options.study, term=options.term, language=options.language, quiet=options.quiet)
    for page in sorted(target.glob("report.*.html")):
        sys.stdout.write(f"{page}\n")
    return 0


def _check(options: argparse.Namespace) -> int:
    import datetime

    from eval_tools.runner.check import check_study, decide_findings
    from eval_tools.runner.checks.terminal import pen_for

    how = {"html": options.html, "xlsx": options.xlsx, "pen": pen_for(sys.stdout)}
    if options.decisions:
        today = datetime.datetime.now().astimezone().date().isoformat()
        outcome = decide_findings(options.study, options.decisions, today=today, **how)
    else:
        outcome = check_study(options.study, **how)
    sys.stdout.write(outcome.text + "\n")
    return outcome.exit_code


def _new(options: argparse.Namespace) -> int:
    from eval_tools.runner.new_study import run_new

    return run_new(options)


def _lock(options: argparse.Namespace) -> int:
    import datetime

    from eval_tools.runner.study_run import open_study
    from eval_tools.studies.lock import write_lock

    run = open_study(options.study)
    path = write_lock(
        run.study.folder, run.plan_content, date=datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    )
    sys.stdout.write(
        f"{path.relative_to(run.workbench.root).as_posix()}: the plan is locked. Keep it under version control.\n"
    )
    return 0


COMMANDS = {
    "run": _run,
    "check": _check,
    "new": _new,
    "lock": _lock,
    "monitor": run_monitor,
    "questionnaires": run_questionnaires,
    "interviews": run_interviews,
    "key": run_key,
    "safeguarding": run_safeguarding,
    "withdraw": run_withdraw,
}
