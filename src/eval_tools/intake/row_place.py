"""One row of one file, named by its number and the file's hash: for what may not name a person.

A row number alone would point at another child once the export is sorted anew; with the hash it fits one file only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eval_tools.definitions.shapes import MapOf, Number, Record, Text
from eval_tools.definitions.strict_yaml import Document, Path_
from eval_tools.errors import Problem
from eval_tools.intake.cleaning_log import column_named
from eval_tools.intake.raw_table import RawTable, plain

LEAST_DIGITS = 12
PLACE = Record(
    {
        "row": Number(1, whole=True),
        "sha256": Text(
            rf"[0-9a-f]{{{LEAST_DIGITS},64}}",
            f"The first {LEAST_DIGITS} or more characters of the file's sha256, in quotes.",
        ),
    }
)
COLUMNS = MapOf(Text(), keys=r"[^\n]+", at_least=1)


class Match:
    """The shape of ``match``: columns with their texts, or one place ``{row: 17, sha256: "ab12…"}``."""

    def check(self, value: Any, path: Path_, doc: Document, problems: list[Problem]) -> None:
        """Report what the form that was used reports."""
        (PLACE if is_place(value) else COLUMNS).check(value, path, doc, problems)


def is_place(match: object) -> bool:
    """Say whether rows are matched by place and not by their columns.

    Examples
    --------
    >>> is_place({"row": 17, "sha256": "ab12cd34ef56"}), is_place({"row": "17"})
    (True, False)
    """
    return isinstance(match, Mapping) and set(match) == {"row", "sha256"}


def matched_columns(match: Mapping[str, Any]) -> list[str]:
    """Name the columns that a match reads; none if it names a place."""
    return [] if is_place(match) else list(match)


def file_changed(raw: RawTable, match: Mapping[str, Any]) -> bool:
    """Say whether a place was written for another file than this one."""
    return is_place(match) and not raw.sha256.startswith(str(match["sha256"]))


def find_rows(raw: RawTable, match: Mapping[str, Any]) -> list[int]:
    """Return the positions of the records that a match means, in the order of the file."""
    if is_place(match):
        return [i for i, row in enumerate(raw.rows) if row == match["row"]]
    wanted = {name: raw.column(column_named(raw, name)) for name in match}
    texts = {name: plain(value) for name, value in match.items()}
    return [i for i in range(len(raw.cells)) if all(wanted[name][i] == text for name, text in texts.items())]
