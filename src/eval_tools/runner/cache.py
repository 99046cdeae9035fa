"""Stage results on disk, named by what they depend on: never stale, safe to delete."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


class StageCache:
    """Tables of one state of data, definitions and code."""

    def __init__(self, folder: Path, key: str) -> None:
        self._folder = folder / "cache" / key[:40]

    def table(self, name: str, compute: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Return a stage from disk, or compute and keep it. A damaged file is computed again."""
        import pandas as pd

        path = self._folder / f"{name}.parquet"
        try:
            return pd.read_parquet(path)
        except (OSError, ValueError):  # absent, or not readable as Parquet
            table = compute()
            self._write(path, table)
            return table

    def _write(self, path: Path, table: pd.DataFrame) -> None:
        """Write beside the target and rename, so that nobody ever reads half a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.stem}-", suffix=".part")
        os.close(handle)
        part = Path(name)
        try:
            table.to_parquet(part, index=False)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
