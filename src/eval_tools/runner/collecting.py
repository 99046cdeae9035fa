"""``eval-tools monitor``: while a wave is being collected."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def add_monitor(commands: Any) -> None:
    """Describe the command and its options."""
    monitor = commands.add_parser(
        "monitor",
        help="say how far the collection of a wave is",
        description="Compare the forms that came with those the roster expects, by school. Works while exports are "
        "incomplete or wrong. For the team only: small numbers are shown.",
    )
    monitor.add_argument("study", metavar="STUDY", help="folder under data_raw/")
    monitor.add_argument("--wave", required=True, help="id of the wave")
    monitor.add_argument("--html", metavar="FILE", default="", help="where to write the page; default: .eval_tools/")
    monitor.add_argument(
        "--call-lists",
        action="store_true",
        help="write a list of missing forms for each school, with the codes printed on the forms",
    )


def run_monitor(options: argparse.Namespace) -> int:
    """Print the state of a wave, and write the page and, if asked, the call lists."""
    import datetime

    from eval_tools.runner.monitor import as_text, check_target, describe, monitor_folder, watch, write_call_lists
    from eval_tools.runner.monitor import write_owner_only as write
    from eval_tools.runner.monitor_page import as_page
    from eval_tools.runner.study_run import open_study

    run = open_study(options.study)
    page = check_target(run, Path(options.html)) if options.html else monitor_folder(run, options.wave) / "monitor.html"
    seen = watch(run, options.wave)
    monitor = describe(run, seen, today=datetime.datetime.now().astimezone().date())
    write(page, as_page(monitor).encode(), above=run.workbench.scratch)
    sys.stdout.write(f"{as_text(monitor)}\n\nPage: {page}\n")
    if options.call_lists:
        for path, n in write_call_lists(run, seen):
            sys.stdout.write(f"Call list, {n} children: {path}\n")
    return 0
