"""Numbers that stand for children on paper: drawn by chance, with check digits, the same list for every wave."""

from __future__ import annotations

import csv
import io
import os
import random
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

from eval_tools.errors import DataError, DefinitionError, Problem
from eval_tools.privacy.check_digits import append_check_digits, has_right_check_digits

BODY_DIGITS = 6
ID_DIGITS = BODY_DIGITS + 2
ID_PATTERN = rf"[1-9][0-9]{{{ID_DIGITS - 1}}}"  # no leading zero: spreadsheets would drop it
LOWEST, HIGHEST = 10 ** (BODY_DIGITS - 1), 10**BODY_DIGITS - 1
MOST = (HIGHEST - LOWEST + 1) // 10  # beyond, a wrong number too often is somebody else's


def draw_identifiers(n: int, *, rng: random.Random, taken: Collection[str] = ()) -> tuple[str, ...]:
    """Draw new numbers by chance; none tells anything about a child, its class or its place in a list.

    Parameters
    ----------
    n : int
        How many.
    rng : random.Random
        ``random.SystemRandom()`` for real lists.
    taken : collection of str
        Numbers that exist already.

    Raises
    ------
    DefinitionError
        If so many are asked for that a slip of the pen would often hit another child.

    Examples
    --------
    >>> draw_identifiers(2, rng=random.Random(1))
    ('24089175', '69685383')
    """
    if n < 1 or n + len(taken) > MOST:
        what = f"{n:,} numbers cannot be drawn, with {len(taken):,} in use."
        raise DefinitionError(Problem("printed IDs", what, f"At least 1, and together at most {MOST:,} in a study."))
    used = set(taken)
    drawn: list[str] = []
    while len(drawn) < n:
        number = append_check_digits(str(rng.randint(LOWEST, HIGHEST)))
        if number not in used:
            used.add(number)
            drawn.append(number)
    return tuple(drawn)


def printed(number: str) -> str:
    """Write a number in two groups, as it is easier to copy.

    Examples
    --------
    >>> printed("12345676")
    '1234 5676'
    """
    return f"{number[: ID_DIGITS // 2]} {number[ID_DIGITS // 2 :]}"


def read_identifiers(path: Path) -> tuple[str, ...]:
    """Read the list of a study; empty if there is none yet.

    Raises
    ------
    DataError
        With the row numbers that hold no proper number or repeat one.
    """
    if not path.exists():
        return ()
    records = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    if not records or [cell.strip() for cell in records[0]] != ["id"]:
        raise DataError(Problem(path.name, "the list does not begin with the heading 'id'.", "Restore the file."))
    problems: list[Problem] = []
    numbers: list[str] = []
    for row, record in enumerate(records[1:], start=2):
        number = record[0].strip() if len(record) == 1 else ""
        if len(number) != ID_DIGITS or not has_right_check_digits(number):
            problems.append(Problem(f"{path.name}, row {row}", "no proper number.", "Restore the file."))
        elif number in numbers:
            problems.append(Problem(f"{path.name}, row {row}", "the number stands there twice.", "Restore the file."))
        numbers.append(number)
    if problems:
        raise DataError(problems)
    return tuple(numbers)


def keep_identifiers(path: Path, numbers: Sequence[str]) -> None:
    """Write the list of a study; a half-written file is never left behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8", newline="\n") as file:
        file.write("\n".join(["id", *numbers]) + "\n")
    Path(file.name).replace(path)
    path.chmod(0o600 if os.name == "posix" else path.stat().st_mode)


def numbers_for_study(path: Path, wanted: int) -> tuple[str, ...]:
    """Return the numbers of a study: those on its list, and newly drawn ones if more are wanted.

    A child keeps its number, so the list only grows; with ``wanted`` 0 it is returned as it is.
    """
    numbers = read_identifiers(path)
    if wanted > len(numbers):
        rng = random.SystemRandom()
        numbers += draw_identifiers(wanted - len(numbers), rng=rng, taken=numbers)
        keep_identifiers(path, numbers)
    elif wanted < 0:
        raise DefinitionError(Problem("--children", f"{wanted} numbers cannot be drawn.", "A whole number from 1."))
    return numbers
