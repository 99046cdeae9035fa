"""``eval-tools safeguarding``: the duty holder reads a list, and enters what was done."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any


def add_safeguarding(commands: Any) -> None:
    """Describe the command and its options."""
    duty = commands.add_parser(
        "safeguarding",
        help="read the list of answers that need a person, and enter what was done",
        description="For the duty holder. The lists are written by check and run; no answer stands in them.",
    )
    kinds = duty.add_subparsers(dest="kind", metavar="KIND", required=True)
    show = kinds.add_parser(
        "list",
        help="print the list of a wave",
        description="Print the list of a wave, opened with the own key that EVAL_TOOLS_IDENTITY_FILE names.",
    )
    answered = kinds.add_parser(
        "answered",
        help="enter what was done about one form",
        description="Enter that a form of the list was looked into. Reports say only how many were, and how fast.",
    )
    for each in (show, answered):
        each.add_argument("study", metavar="STUDY", help="folder under data_raw/")
    show.add_argument("--wave", required=True, help="id of the wave")
    answered.add_argument("--file", required=True, help="file, as in the list")
    answered.add_argument("--row", required=True, type=int, help="row, as in the list")
    answered.add_argument("--outcome", required=True, help="seen, family_told, referred or reported")
    answered.add_argument("--on", default="", metavar="DATE", help="day of the answer, 2026-09-21; default: today")


def run_safeguarding(options: argparse.Namespace) -> int:
    """Show a list or enter an answer."""
    import datetime

    from eval_tools.errors import DefinitionError, Problem
    from eval_tools.runner.safeguarding import count_answered, enter_answer, read_list
    from eval_tools.runner.study_run import IDENTITY_FILE, open_study

    run = open_study(options.study)
    if options.kind == "list":
        own = os.environ.get(IDENTITY_FILE)
        sys.stdout.write(read_list(run, options.wave, identity=Path(own) if own else None))
        return 0
    try:
        on = datetime.date.fromisoformat(options.on) if options.on else datetime.datetime.now(tz=datetime.UTC).date()
    except ValueError:
        raise DefinitionError(Problem("--on", "is no date.", "Write year-month-day, 2026-09-21.")) from None
    enter_answer(run, file=options.file, row=options.row, outcome=options.outcome, on=on)
    listed, answered, soon = count_answered(run)
    sys.stdout.write(f"Entered. {answered} of {listed} listed forms are answered, {soon} of them within a day.\n")
    return 0
