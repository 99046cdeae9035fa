"""The workbench is a folder; it is found upward from where one stands."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from eval_tools.errors import DefinitionError, Problem, UnknownNames

MARKS = ("questionnaires", "data_raw", "notebooks")


@dataclass(frozen=True, slots=True)
class Workbench:
    """Where definitions, raw data, notebooks, reports and the cache of stages lie."""

    root: Path

    @property
    def questionnaires(self) -> Path:
        """One YAML file per form."""
        return self.root / "questionnaires"

    @property
    def raw(self) -> Path:
        """One folder per study."""
        return self.root / "data_raw"

    @property
    def notebooks(self) -> Path:
        """The numbered notebooks."""
        return self.root / "notebooks"

    @property
    def reports(self) -> Path:
        """What may be published."""
        return self.root / "reports"

    @property
    def scratch(self) -> Path:
        """Cache of stages (safe to delete), unfinished reports, lists for the duty holder, ledger and access log."""
        return self.root / ".eval_tools"

    def study_folder(self, study: str) -> Path:
        """Return the folder of a study, or name the studies there are."""
        known = sorted(path.parent.name for path in self.raw.glob("*/study.yaml"))
        if study not in known:
            raise UnknownNames("study", missing=[study], known=known, where="data_raw")
        return self.raw / study


def find_workbench(start: Path | None = None) -> Workbench:
    """Find the workbench upward from ``start`` (default: ``EVAL_TOOLS_WORKBENCH``, else the working directory).

    Raises
    ------
    DefinitionError
        If no folder above holds questionnaires/, data_raw/ and notebooks/.
    """
    given = start or Path(os.environ.get("EVAL_TOOLS_WORKBENCH") or Path.cwd())
    here = given.resolve()
    for folder in (here, *here.parents):
        if all((folder / mark).is_dir() for mark in MARKS):
            return Workbench(folder)
    raise DefinitionError(
        Problem(
            "workbench",
            f"no folder here or above holds {', '.join(f'{mark}/' for mark in MARKS)}.",
            "Change into a clone of the project, or set EVAL_TOOLS_WORKBENCH to it.",
        )
    )
