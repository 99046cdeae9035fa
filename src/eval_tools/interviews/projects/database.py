"""SQLite files from strangers: opened read-only and unchanged, columns asked for, not supposed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from eval_tools.errors import DataError, Problem

MAX_BYTES = 2_000_000_000


class Database:
    """Tables by name; a column that an older version lacks is None."""

    def __init__(self, connection: sqlite3.Connection, file: str) -> None:
        self._connection, self.file = connection, file
        names = connection.execute("select name from sqlite_master where type in ('table', 'view')")
        self.tables = {str(name) for (name,) in names}

    def columns(self, table: str) -> set[str]:
        """Return the columns a table has in this version."""
        return {str(row[1]) for row in self._connection.execute(f'pragma table_info("{table}")')}

    def rows(self, table: str, *wanted: str) -> Iterator[tuple[Any, ...]]:
        """Return the wanted columns of a table in the order of its rows; nothing if there is no such table."""
        if table not in self.tables:
            return
        have = self.columns(table)
        asked = ", ".join(f'"{name}"' if name in have else "null" for name in wanted)
        try:
            yield from self._connection.execute(f'select {asked} from "{table}" order by rowid')
        except sqlite3.DatabaseError as error:
            raise _damaged(self.file) from error


@contextmanager
def open_database(path: Path, *, file: str, needed: tuple[str, ...]) -> Iterator[Database]:
    """Open a database that must have some tables, or say in one sentence why it cannot be read."""
    if not path.is_file():
        raise DataError(Problem(file, "does not exist.", "Check the path."))
    if path.stat().st_size > MAX_BYTES:
        raise DataError(Problem(file, f"is larger than {MAX_BYTES:,} bytes.", "Is it the right file?"))
    try:
        connection = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1", uri=True)
        with closing(connection):
            database = Database(connection, file)
            missing = [table for table in needed if table not in database.tables]
            if missing:
                raise DataError(
                    Problem(file, f"lacks the tables {', '.join(missing)}.", "Is it a project of the right program?")
                )
            yield database
    except sqlite3.DatabaseError as error:
        raise _damaged(file) from error


def _damaged(file: str) -> DataError:
    return DataError(Problem(file, "is no SQLite database, or a damaged one.", "Copy it again while it is closed."))
