"""What a result depends on, as hashes: raw files, definitions, and the code itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import eval_tools
from eval_tools.intake.corrections import load_corrections
from eval_tools.privacy.withdrawn import WITHDRAWN_FILE
from eval_tools.studies.load import StudyDefinition
from eval_tools.studies.lock import LOCK_FILE
from eval_tools.studies.workbench import Workbench


def hash_files(paths: Iterable[Path], *, root: Path) -> dict[str, str]:
    """Return the SHA-256 of each file that exists, by its name below ``root``, sorted."""
    found = {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
        if path.is_file()
    }
    return dict(sorted(found.items()))


def input_hashes(definition: StudyDefinition, workbench: Workbench) -> dict[str, str]:
    """Hash everything a study's results depend on, apart from the code."""
    study = definition.study
    named = ("study.yaml", "corrections.yaml", "transfers.yaml", WITHDRAWN_FILE, LOCK_FILE)
    files = [study.folder / name for name in named]
    corrections = load_corrections(study.folder / "corrections.yaml", root=workbench.root)
    files += [each.details.path for each in corrections if each.action == "log"]
    for entry in (*study.sources, *((study.roster,) if study.roster else ())):
        files += [study.folder / name for name in (entry.file, *entry.reading.companions.values())]
    for instrument in definition.instruments.values():
        files += [workbench.root / name for name in (instrument.file, *instrument.files)]
    return hash_files(files, root=workbench.root)


@cache
def code_digest() -> str:
    """Hash the package's own source, so that no stage outlives the code that made it."""
    here = Path(eval_tools.__file__).parent
    total = hashlib.sha256()
    for path in sorted(here.rglob("*.py")):
        total.update(path.relative_to(here).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def combine(*parts: object) -> str:
    """Hash several things into one."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()
