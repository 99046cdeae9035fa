"""What the cells of a 问卷星 export hold: signs for no answer, options in one cell, words written beside an option."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from eval_tools.intake.raw_table import SKIPPED

JOIN = "┋"  # between the options of one cell
ARROW = "→"  # between the options of a ranking
OPEN, CLOSE = "〖", "〗"  # around what somebody wrote beside an option
BLANK_TEXT, SKIPPED_TEXT = frozenset({"(空)", "（空）"}), frozenset({"(跳过)", "（跳过）"})
BLANK_NUMBER, SKIPPED_NUMBER = "-2", "-3"
MOST_OPTIONS = 60
_MOST_PIECES = 200
_LONGEST = 20_000  # characters of a joined cell
_SEVERAL = re.compile(r"[（(【\[][^（(【\[]*(?:多选|多選|不定项)[^（(【\[]*[）)】\]]")
_OTHER = re.compile(
    r"(其他|其它|其她|另外|请注明|請註明|请说明|請說明|请填写|請填寫|请写|請寫|具体|具體|other)", re.IGNORECASE
)
_PLACE = re.compile(r"^([1-9]\d{0,2})(?:〖(.*)〗)?$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The options of one cell in its order, and what was written beside them."""

    options: tuple[str, ...]
    written: str = ""


def reason_in_text(cell: str) -> str | None:
    """Return the marker or '' where a cell of an export by text holds no answer; None where it holds one."""
    if not cell or cell in BLANK_TEXT:
        return ""
    return SKIPPED if cell in SKIPPED_TEXT else None


def reason_in_number(cell: str) -> str | None:
    """Return the marker or '' where a cell of an export by number holds no answer; None where it holds one."""
    if not cell or cell == BLANK_NUMBER:
        return ""
    return SKIPPED if cell == SKIPPED_NUMBER else None


def place_and_words(cell: str) -> tuple[str, str] | None:
    """Split the place of an option from what was written beside it; None where the cell is no place.

    Examples
    --------
    >>> place_and_words("4〖姑姑〗")
    ('4', '姑姑')
    >>> place_and_words("007") is None
    True
    """
    found = _PLACE.match(cell)
    return (found[1], found[2] or "") if found else None


def split_written(cell: str) -> tuple[str, str] | None:
    """Split ``option〖words〗``; None where the cell is not of this form.

    Examples
    --------
    >>> split_written("其他〖跟〖姑姑〗住〗")
    ('其他', '跟〖姑姑〗住')
    """
    before, opening, behind = cell.partition(OPEN)
    return (before, behind[:-1]) if opening and before and behind.endswith(CLOSE) else None


def names_other(option: str) -> bool:
    """Say whether the words of an option ask for words of one's own."""
    return bool(_OTHER.search(option))


def certain_options(cell: str) -> list[str]:
    """List the options of a joined cell that nobody can have typed: those before the first 〖.

    Examples
    --------
    >>> certain_options("爸爸┋其他〖姑姑┋姑父〗")
    ['爸爸', '其他']
    """
    return cell.partition(OPEN)[0].split(JOIN)


def parse_joined(cell: str, known: Iterable[str]) -> Chosen | None:
    """Read a joined cell as options that are known; None if it cannot be read as such.

    Whoever writes ┋ or 〗 beside an option does not split it: a piece counts as an option only if it is a known one,
    and the shortest words that leave nothing unread are taken.

    Examples
    --------
    >>> parse_joined("爸爸┋其他〖姑姑┋姑父〗", ["爸爸", "妈妈", "其他"])
    Chosen(options=('爸爸', '其他'), written='姑姑┋姑父')
    >>> parse_joined("爸爸┋姑父", ["爸爸", "妈妈", "其他"]) is None
    True
    """
    options = frozenset(known)
    pieces = cell.split(JOIN)
    if len(pieces) > _MOST_PIECES or len(cell) > _LONGEST:
        return None
    opened = [piece.partition(OPEN)[0] if OPEN in piece else "" for piece in pieces]
    closed = [piece.endswith(CLOSE) for piece in pieces]
    # From the end: how the pieces from here on can be read, as (option, end of its words), shortest words first.
    readings: list[dict[str, int] | None] = [None] * len(pieces) + [{}]
    for begin in range(len(pieces) - 1, -1, -1):
        rest = readings[begin + 1]
        if pieces[begin] in options and rest is not None and pieces[begin] not in rest:
            readings[begin] = {pieces[begin]: begin} | rest
            continue
        option = opened[begin]
        if option not in options:
            continue
        for end in range(begin, len(pieces)):
            rest = readings[end + 1]
            if closed[end] and rest is not None and option not in rest:
                readings[begin] = {option: end} | rest
                break
    found = readings[0]
    if found is None:
        return None
    written, begin = [], 0
    for option, end in found.items():
        unit = JOIN.join(pieces[begin : end + 1])
        written.append(unit[len(option) + 1 : -1] if unit != option else "")
        begin = end + 1
    return Chosen(tuple(found), JOIN.join(filter(None, written)))


def options_of_column(header: str, cells: Sequence[str]) -> tuple[str, ...] | None:
    """Return the options of a question with several answers, as far as its joined cells tell; None if it is none.

    Words that somebody typed may hold ┋ too, and must never become the name of a column. So options are taken only
    from what the platform wrote, and only where the column looks like options: more than one way of joining them,
    each option chosen more than once (where the question says that several may be chosen: on average), and always in
    one order.
    """
    answered = _different_answers(cells)
    joined = {before for cell in answered if JOIN in (before := cell.partition(OPEN)[0])}
    declared = bool(_SEVERAL.search(header))
    if len(joined) < (1 if declared else 2):
        return None
    counts = Counter[str]()
    for cell, times in answered.items():
        options = certain_options(cell)
        if len(set(options)) < len(options):
            return None
        counts.update(dict.fromkeys(options, times))
    if len(counts) > MOST_OPTIONS or "" in counts:
        return None
    if counts.total() < 2 * len(counts) or (not declared and min(counts.values()) < 2):
        return None
    return _one_order([certain_options(cell) for cell in answered])


def ranked_options(cells: Sequence[str]) -> tuple[str, ...] | None:
    """Return the options of a ranking; None if the column is no ranking."""
    answered = _different_answers(cells)
    ranked = sum(times for cell, times in answered.items() if ARROW in cell)
    if len(answered) < 2 or ranked * 2 <= answered.total():
        return None
    counts = Counter[str]()
    for cell, times in answered.items():
        options = cell.split(ARROW)
        if len(set(options)) < len(options):
            return None
        counts.update(dict.fromkeys(options, times))
    if len(counts) > MOST_OPTIONS or "" in counts or min(counts.values()) < 2:
        return None
    return tuple(sorted(counts))


def _different_answers(cells: Sequence[str]) -> Counter[str]:
    """Count the different cells of an export by text that hold an answer, in the order they are first met."""
    return Counter({cell: times for cell, times in Counter(cells).items() if reason_in_text(cell) is None})


def _one_order(lists: Sequence[Sequence[str]]) -> tuple[str, ...] | None:
    """Order options so that every list keeps it, as the platform does; None if two lists contradict each other."""
    behind: dict[str, set[str]] = {}
    for options in lists:
        for option in options:
            behind.setdefault(option, set())
        for earlier, later in pairwise(options):
            behind[earlier].add(later)
    ahead = Counter(later for laters in behind.values() for later in laters)
    ready = [option for option in behind if not ahead[option]]
    ordered: list[str] = []
    while ready:
        option = ready.pop(0)
        ordered.append(option)
        for later in sorted(behind[option]):
            ahead[later] -= 1
            if not ahead[later]:
                ready.append(later)
    return tuple(ordered) if len(ordered) == len(behind) else None
