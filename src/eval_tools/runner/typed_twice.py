"""Paper forms typed twice: the workbook in which the person who holds the paper decides every difference."""

from __future__ import annotations

from eval_tools.intake.exports.decisions_sheet import write_decisions_sheet
from eval_tools.intake.exports.double_entry import find_differences
from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_files import open_export
from eval_tools.runner.study_run import StudyRun


def write_decisions_sheets(run: StudyRun) -> tuple[str, ...]:
    """Write a workbook for every pair of entries that differ and of which nothing was decided yet.

    It holds what was typed, so it lies below ``.eval_tools/`` and only its owner can read it. Filled in, it goes back
    as companion ``decisions``.

    Returns
    -------
    tuple of str
        One sentence for each workbook; no cell of it.
    """
    told = []
    for source in run.study.sources:
        if source.reading.reader != "double-entry" or "decisions" in source.reading.companions:
            continue
        unheard = Findings()  # the same findings are told where the study is received
        wanted = [*source.columns.values(), *source.ignore, *(c for part in source.instruments for c in part.columns)]
        export = open_export(run.study.folder, source.file, source.reading, wanted, unheard)
        found = None if export is None else find_differences(export, unheard)
        if found is None or not (found.differences or any(form.a is None or form.b is None for form in found.forms)):
            continue
        path = write_decisions_sheet(found, scratch=run.workbench.scratch, study=run.study.id)
        near = path.relative_to(run.workbench.root).as_posix()
        told.append(
            f"{source.file}: the two typings differ; decide with the paper in {near}, then name it as companion."
        )
    return tuple(told)
