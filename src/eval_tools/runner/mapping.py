"""The record of which school was in which county and group at the last run; its owner's, never published."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from eval_tools.errors import DataError, Problem
from eval_tools.intake.mapping import SitePlace, changed_places, map_sites
from eval_tools.runner.study_run import StudyRun
from eval_tools.spreadsheets import write_owner_only
from eval_tools.studies.study import Study

if TYPE_CHECKING:
    import pandas as pd


def mapping_problems(run: StudyRun, forms: pd.DataFrame, participants: pd.DataFrame) -> list[Problem]:
    """List the schools that are elsewhere than at the last run and not confirmed; none where nothing was recorded."""
    recorded = _read(_path(run))
    waves = [wave for wave in run.study.waves if wave in recorded]
    newest = _newest_wave(forms, run.study)
    if not waves or not newest:
        return []
    now = map_sites(participants, run.study)
    return changed_places(recorded[waves[-1]], now, forms, participants, run.study, wave=newest)


def refuse_changed_mapping(run: StudyRun) -> None:
    """Refuse to compute a study in which a school moved without a word about it.

    Raises
    ------
    DataError
    """
    problems = mapping_problems(run, run.forms, run.participants)
    if problems:
        raise DataError(problems)


def record_mapping(run: StudyRun) -> None:
    """Remember where every school is, under the newest wave with forms; called after a run that was published."""
    now, newest = map_sites(run.participants, run.study), _newest_wave(run.forms, run.study)
    if not now or not newest:
        return
    recorded = _read(_path(run)) | {newest: now}
    content = {
        wave: {site: asdict(place) for site, place in sorted(recorded[wave].items())}
        for wave in run.study.waves
        if wave in recorded
    }
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    write_owner_only(_path(run), text.encode(), above=run.workbench.scratch)


def _path(run: StudyRun) -> Path:
    return run.workbench.scratch / "mapping" / f"{run.study.id}.json"


def _newest_wave(forms: pd.DataFrame, study: Study) -> str:
    with_forms = set(forms["wave"])
    return next((wave for wave in reversed(list(study.waves)) if wave in with_forms), "")


def _read(path: Path) -> dict[str, dict[str, SitePlace]]:
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {
            wave: {s: SitePlace(region=p["region"], groups=tuple(p["groups"])) for s, p in sites.items()}
            for wave, sites in content.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        what = "the record of schools and counties cannot be read."
        raise DataError(Problem(f"mapping/{path.name}", what, "Restore it, or delete it to begin anew.")) from None
