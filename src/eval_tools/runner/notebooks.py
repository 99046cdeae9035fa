"""Run a parameterised notebook in a fresh kernel; parameters are checked before the kernel starts."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from eval_tools.errors import DefinitionError, EvalToolsError, Problem, UnknownNames

if TYPE_CHECKING:
    from nbformat import NotebookNode

# jsonschema would compile some 35 parsers of this package, 1.2 seconds in every process; no notebook needs them.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Declared:
    """The parameters a notebook declares, with the comment beside each."""

    parameters: Mapping[str, str]


def read_parameters(path: Path) -> Declared:
    """Read which parameters a notebook declares in its cell tagged ``parameters``.

    Raises
    ------
    DefinitionError
        If the notebook does not exist or declares no parameters.
    """
    import papermill

    if not path.is_file():
        known = sorted(p.name for p in path.parent.glob("*.ipynb"))
        raise UnknownNames("notebook", missing=[path.name], known=known, where="notebooks")
    found = papermill.inspect_notebook(str(path))
    if not found:
        raise DefinitionError(
            Problem(path.name, "declares no parameters.", "Tag the cell that sets them with 'parameters'.")
        )
    return Declared({name: str(entry.get("help", "")).strip() for name, entry in found.items()})


def check_parameters(path: Path, given: Mapping[str, Any]) -> None:
    """Refuse parameters that the notebook does not declare; papermill would only log them and run on.

    Raises
    ------
    UnknownNames
        For undeclared names.
    DefinitionError
        For values that are not text, numbers, true or false.
    """
    declared = read_parameters(path).parameters
    unknown = [name for name in given if name not in declared]
    if unknown:
        raise UnknownNames("parameter", missing=unknown, known=declared, where=path.name)
    wrong = [name for name, value in given.items() if not isinstance(value, str | int | float | bool)]
    if wrong:
        raise DefinitionError(
            Problem(path.name, f"parameters of the wrong type: {', '.join(wrong)}.", "Give text or numbers.")
        )


def run_notebook(path: Path, *, parameters: Mapping[str, Any], workbench: Path) -> NotebookNode:
    """Run one notebook and return it with its outputs; nothing is written.

    Parameters
    ----------
    path : Path
    parameters : mapping
        Checked against what the notebook declares.
    workbench : Path
        Root of the workbench, for the kernel.

    Raises
    ------
    DefinitionError
        Undeclared parameters, before a kernel starts.
    EvalToolsError
        A cell failed; names the notebook, the cell (counting code cells) and the reason.
    """
    import papermill
    from papermill.exceptions import PapermillExecutionError

    check_parameters(path, parameters)
    environment = {**dict.fromkeys(ONE_THREAD, "1"), **os.environ, "EVAL_TOOLS_WORKBENCH": str(workbench)}
    try:
        notebook = papermill.execute_notebook(
            str(path),
            None,
            parameters=dict(parameters),
            progress_bar=False,
            log_output=False,
            kernel_manager_class=_kernel_manager(environment),
            extra_arguments=["--IPKernelApp.log_level=50"],  # a kernel that is asked to stop would complain
        )
    except PapermillExecutionError as error:
        number = error.exec_count - (1 if parameters else 0)  # papermill puts a cell of its own in between
        raise EvalToolsError(
            Problem(
                f"{path.name}, code cell {number}",
                f"{error.ename}: {error.evalue}",
                "Open the notebook in JupyterLab and run it cell by cell.",
            )
        ) from None
    finally:
        _close_event_loop()
    return clean_notebook(notebook)


def _close_event_loop() -> None:
    """Close the event loop that nbclient leaves open in this thread; one that runs is not ours."""
    from jupyter_core.utils import ensure_event_loop

    loop = ensure_event_loop()
    if not loop.is_running():
        loop.close()


def clean_notebook(notebook: NotebookNode) -> NotebookNode:
    """Remove what differs from run to run: times, durations, paths, random cell ids."""
    notebook.metadata.pop("papermill", None)
    notebook.metadata.pop("widgets", None)
    for number, cell in enumerate(notebook.cells, start=1):
        cell["id"] = f"cell-{number:02}"
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
    return notebook


def _kernel_manager(environment: Mapping[str, str]) -> type:
    """Start kernels in this environment; on POSIX they talk over files instead of ports, each over its own."""
    from jupyter_client.manager import AsyncKernelManager

    class NotebookKernelManager(AsyncKernelManager):
        def __init__(self, **options: Any) -> None:
            if os.name == "posix":
                options.setdefault("transport", "ipc")
                options.setdefault("ip", os.path.join(_socket_folder(), uuid4().hex[:12]))  # noqa: PTH118
            super().__init__(**options)

        async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]  # a coroutine here
            await self._async_start_kernel(**{**options, "env": dict(environment)})

    return NotebookKernelManager


_folders: list[tempfile.TemporaryDirectory[str]] = []


def _socket_folder() -> str:
    """Return one short temporary folder for this process; socket names may not exceed about 100 characters."""
    if not _folders:
        _folders.append(tempfile.TemporaryDirectory(prefix="et-"))
    return _folders[0].name


def strip_outputs(notebook: NotebookNode) -> NotebookNode:
    """Remove outputs except of cells tagged ``keep_output``; counts stay, or nbval would call a cell unrun."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and "keep_output" not in cell.metadata.get("tags", []):
            cell["outputs"] = []
    return notebook
