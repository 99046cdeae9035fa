"""One command: a study's report folder, whole or not at all."""

from __future__ import annotations

import datetime
import json
import os
import platform
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path
from typing import Any

import eval_tools
from eval_tools.errors import EvalToolsError, Problem
from eval_tools.privacy.disclosure import ReleasedTable
from eval_tools.runner.fingerprint import code_digest, combine, hash_files
from eval_tools.runner.ledger import Ledger
from eval_tools.runner.mapping import record_mapping, refuse_changed_mapping
from eval_tools.runner.notebooks import run_notebook
from eval_tools.runner.outputs import FILE as OUTPUTS
from eval_tools.runner.outputs import outputs_csv
from eval_tools.runner.progress import Progress
from eval_tools.runner.safeguarding import update_lists
from eval_tools.runner.study_run import StudyRun, open_study
from eval_tools.spreadsheets import frame_csv
from eval_tools.studies.workbench import Workbench

PACKAGES = ("numpy", "pandas", "scipy", "matplotlib", "jinja2", "babel", "pyyaml", "papermill", "ipykernel")


def run_study(
    study: str,
    *,
    term: str = "",
    language: str = "",
    start: Path | None = None,
    quiet: bool = False,
    today: datetime.date | None = None,
) -> Path:
    """Compute everything for one term and publish it as ``reports/<study>/<term>/``.

    The folder appears only when it is complete; a run that is stopped leaves the old report, or none.
    With one language, reports in other languages are kept if they show the same numbers.

    Returns
    -------
    Path
        The report folder.

    Raises
    ------
    EvalToolsError
        Definitions, options or data are wrong; or a notebook failed.
    """
    today = today or datetime.datetime.now(tz=datetime.UTC).date()
    run = open_study(study, term=term, language=language, start=start, today=today)
    workbench = run.workbench
    for alert in update_lists(run):  # before anything can refuse the run, and whether it is quiet or not
        sys.stderr.write(f"{alert}\n")
    languages = (run.language,) if language else run.study.languages
    notebooks = sorted(workbench.notebooks.glob("[0-9][0-9]_*.ipynb"))
    refuse_changed_mapping(run)
    progress = Progress(3 + len(languages) * (1 + len(notebooks)), quiet=quiet)
    _ = run.term, run.results, run.changes, run.descriptives, run.reliabilities  # refuses, or fills the cache
    progress.done(f"read and scored {len(run.forms):,} forms of {len(run.participants):,} participants")
    released = run.released
    progress.done("passed every table through disclosure control")
    target = workbench.reports / run.study.id / run.term
    _clear_leftovers(workbench)
    with _unfinished_folder(workbench, run) as name:
        folder = Path(name)
        for one in languages:
            _write_report(run, one, folder)
            progress.done(f"wrote the report in {one}")
        for table in run.material.tables:
            _write_table(table, folder / "tables")
        _execute_notebooks(run, notebooks, languages, folder, progress)
        _keep_other_languages(run, languages, target, folder)
        (folder / OUTPUTS).write_bytes(outputs_csv(folder, run.material.tables))
        _write_run_json(run, languages, notebooks, released.results, folder)
        _check_nothing_leaks(run, folder)
        _enter_in_ledger(run, languages, target, folder, today)  # before: better named without being published
        _move_into_place(folder, target, workbench)
    record_mapping(run)
    progress.done(f"published {target.relative_to(workbench.root).as_posix()}/")
    return target


# --- writing -----------------------------------------------------------------------------------------------


def _write_report(run: StudyRun, language: str, folder: Path) -> None:
    from eval_tools.reporting.html import render_html
    from eval_tools.reporting.write import write_report

    page = render_html(write_report(run.material, language))
    (folder / f"report.{language}.html").write_text(page, encoding="utf-8")


def _write_table(table: ReleasedTable, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{table.name}.csv").write_bytes(frame_csv(table.data))


def _execute_notebooks(
    run: StudyRun, notebooks: list[Path], languages: tuple[str, ...], folder: Path, progress: Progress
) -> None:
    import nbformat

    def execute(job: tuple[Path, str]) -> None:
        path, language = job
        parameters = {"study": run.study.id, "term": run.term, "language": language}
        executed = run_notebook(path, parameters=parameters, workbench=run.workbench.root)
        out = folder / "notebooks" / language
        out.mkdir(parents=True, exist_ok=True)
        nbformat.write(executed, out / path.name)
        progress.done(f"ran {path.stem} in {language}")

    jobs = [(path, language) for language in languages for path in notebooks]
    if not jobs:
        return
    execute(jobs[0])  # the first one imports papermill, which is not safe to do from several threads at once
    with ThreadPoolExecutor(max_workers=(os.cpu_count() or 1) + 1) as pool:
        for future in [pool.submit(execute, job) for job in jobs[1:]]:
            future.result()


def _keep_other_languages(run: StudyRun, languages: tuple[str, ...], target: Path, folder: Path) -> None:
    """Keep what an earlier run wrote in other languages, if its numbers are those of this run."""
    try:
        before = json.loads((target / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    if before.get("identity") != _identity(run):
        return
    for other in run.study.languages:
        if other in languages:
            continue
        page, executed = target / f"report.{other}.html", target / "notebooks" / other
        if page.is_file():
            shutil.copy2(page, folder / page.name)
        if executed.is_dir():
            shutil.copytree(executed, folder / "notebooks" / other)


def _identity(run: StudyRun) -> str:
    """Hash what a report shows: its inputs and, as the duty holder answers later, what is told of that."""
    told = b"" if run.released.safeguarding is None else frame_csv(run.released.safeguarding.data)
    return combine(run.fingerprint, eval_tools.__version__, code_digest(), run.study.id, run.term, told)


def _write_run_json(
    run: StudyRun, languages: tuple[str, ...], notebooks: list[Path], results: ReleasedTable, folder: Path
) -> None:
    """Write what the numbers depend on and how many people and rows there were at each step."""
    scores = run.scores
    counts: dict[str, Any] = {
        "raw_rows": {raw["file"]: raw["n_rows"] for raw in run.raw_files.to_dict("records")},
        "forms": len(run.forms),
        "participants": len(run.participants),
        "answers": len(run.responses),
        "scores": len(scores),
        "scores_by_status": {str(k): int(v) for k, v in sorted(scores["status"].value_counts().items())},
        "issues_by_rule": {str(k): int(v) for k, v in sorted(run.issues["rule"].value_counts().items())},
        "results": len(results.data),
        "results_by_status": {str(k): int(v) for k, v in sorted(results.data["status"].value_counts().items())},
    }
    if run.study.disclosure.min_cell > 1:  # the exact counts of a study with a disclosure rule stay inside
        for key in ("forms", "participants", "answers", "scores", "scores_by_status", "raw_rows"):
            counts[key] = "not published"
    content = {
        "study": run.study.id,
        "kind": run.study.kind,
        "identity": _identity(run),
        "parameters": {"study": run.study.id, "term": run.term, "languages": sorted(languages)},
        "versions": {
            "eval_tools": eval_tools.__version__,
            "eval_tools_code": code_digest(),
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in PACKAGES},
        },
        "inputs": run.inputs,
        "notebooks": hash_files(notebooks, root=run.workbench.root),
        "counts": counts,
        "files": hash_files((p for p in folder.rglob("*") if p.is_file()), root=folder),
    }
    text = json.dumps(content, indent=2, ensure_ascii=False, sort_keys=True)
    (folder / "run.json").write_text(text + "\n", encoding="utf-8")


def _enter_in_ledger(
    run: StudyRun, languages: tuple[str, ...], target: Path, folder: Path, today: datetime.date
) -> None:
    """Enter every file and every figure of the report, with everybody in the study: all of them shape its numbers."""
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    from eval_tools.reporting.write import write_report

    blocks = write_report(run.material, languages[0]).blocks()
    figures = [f"figure {block.id}" for block in blocks if block.kind == "picture"]
    Ledger(run.workbench.scratch, run.study.id).add(
        term=run.term,
        report=target.relative_to(run.workbench.root).as_posix(),
        tables=[*files, *figures],
        people={*run.participants["participant"], *run.forms["participant"]},
        on=today,
    )


def _check_nothing_leaks(run: StudyRun, folder: Path) -> None:
    """Refuse to publish a file that holds a pseudonym: rows about people never lie under reports/."""
    from eval_tools.errors import DisclosureError

    pseudonyms = {name.encode() for name in run.participants["participant"]}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        content = path.read_bytes()
        found = sum(name in content for name in pseudonyms)
        if found:
            raise DisclosureError(
                Problem(
                    path.relative_to(folder).as_posix(),
                    f"holds the pseudonyms of {found} participants.",
                    "Show released tables only.",
                )
            )


# --- whole or not at all -----------------------------------------------------------------------------------


def _unfinished(workbench: Workbench) -> Path:
    folder = workbench.scratch / "unfinished"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _unfinished_folder(workbench: Workbench, run: StudyRun) -> tempfile.TemporaryDirectory[str]:
    prefix = f"{run.study.id}-{run.term}-{os.getpid()}-"
    return tempfile.TemporaryDirectory(dir=_unfinished(workbench), prefix=prefix, ignore_cleanup_errors=True)


def _clear_leftovers(workbench: Workbench) -> None:
    """Remove what a killed run left behind; a run that is still alive keeps its folder."""
    for folder in _unfinished(workbench).iterdir():
        parts = folder.name.split("-")
        pids = [int(part) for part in parts if part.isdigit()]
        if not any(_is_alive(pid) for pid in pids):
            shutil.rmtree(folder, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    if sys.platform == "win32":
        return pid == os.getpid()
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _move_into_place(folder: Path, target: Path, workbench: Workbench) -> None:
    """Put the finished folder where the old one was; between two renames there is no report, never half of one."""
    folder.chmod(0o755)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if target.exists():
            old = Path(tempfile.mkdtemp(dir=_unfinished(workbench), prefix="replaced-"))
            target.rename(old / "report")
            folder.rename(target)
            shutil.rmtree(old, ignore_errors=True)
        else:
            folder.rename(target)
    except OSError as error:
        raise EvalToolsError(
            Problem(
                str(target.name),
                f"the report could not be put in place ({error.strerror}).",
                "Close open files.",
            )
        ) from None
