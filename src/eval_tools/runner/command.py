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

OPENS_RAW_DATA = ("run", "check", "safeguarding", "withdraw")
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
    from eval_tools.runner.check import check_study

    outcome = check_study(options.study)
    sys.stdout.write(outcome.text + "\n")
    return outcome.exit_code


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
    "lock": _lock,
    "monitor": run_monitor,
    "questionnaires": run_questionnaires,
    "interviews": run_interviews,
    "key": run_key,
    "safeguarding": run_safeguarding,
    "withdraw": run_withdraw,
}
