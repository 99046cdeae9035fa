"""Which columns of a 问卷星 export belong to which question, from its header alone.

A question's first column carries its number (``5、…``); the other rows of a matrix stand bare behind it, and so do
the other blanks of a question with several. A sub-item may begin with a number of its own, so the columns are not
told apart one by one: of all ways to read the header, the one is taken in which the questions follow each other. If
no reading or more than one is left, no number is used at all, and the columns are called by their headers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from eval_tools.intake.columns import Kind
from eval_tools.intake.exports.records import key_of, plain_header

DASH = "—"
META: dict[str, Kind] = {
    "序号": "system",
    "提交答卷时间": "system",
    "开始答卷时间": "system",
    "所用时间": "system",
    "来源": "system",
    "来源详情": "identifying",  # may name the person who shared the link, or carry the code of the link
    "来自ip": "identifying",
    "ip": "identifying",
    "总分": "score",
}
_NUMBERED = re.compile(r"^(\d{1,4})\s*[、.．:：]\s*(.*)$", re.DOTALL)
_OLD_OPTION = re.compile(r"^第(\d{1,4})题\s*\((.*)\)$", re.DOTALL)
_NEW_OPTION = re.compile(r"^(\d{1,4})\s*\((.*)\)$", re.DOTALL)
_BLANK = re.compile(r"^[(（]\d{1,3}[)）]")
_MOST_READINGS = 30  # followed at the same time


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question: its columns, and its words where the header tells them."""

    name: str  # Q5; the header's own name where the form hides its numbers
    number: int  # 0 where the form hides its numbers
    columns: tuple[int, ...]  # positions in the header
    text: str
    parts: tuple[str, ...]  # sub-items or options, '' where there are none
    options: bool = False  # one column an option, as in an export by number


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Columns of the platform, and the questions in the order of the form."""

    platform: dict[int, Kind]
    questions: tuple[Question, ...]
    numbered: bool
    unknown: tuple[int, ...] = ()  # columns of the platform that are not known by name


class _Token(NamedTuple):
    number: int  # 0 if none
    option: bool
    starts: bool  # may begin a question


def is_header(row: Sequence[str]) -> bool:
    """Say whether a row is the header of an export of 问卷星."""
    return bool(evidence(row))


def evidence(row: Sequence[str]) -> str:
    """Name the columns that only 问卷星 has; '' if they are not there."""
    keys = {key_of(cell) for cell in row[: 2 * len(META)] if len(cell) < 20}
    if "提交答卷时间" not in keys:
        return ""
    found = [name for name in ("序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自ip") if name in keys]
    return ", ".join(name.replace("ip", "IP") for name in found) if len(found) >= 2 else ""


def read_header(header: Sequence[str]) -> Layout:
    """Tell the columns of the platform and the questions apart.

    Examples
    --------
    >>> header = ["序号", "提交答卷时间", "1、编号", "2、现在—写作业", "请教老师", "3、以前—写作业", "请教老师"]
    >>> layout = read_header(header)
    >>> [(question.name, question.columns, question.parts) for question in layout.questions]
    [('Q1', (2,), ('',)), ('Q2', (3, 4), ('写作业', '请教老师')), ('Q3', (5, 6), ('写作业', '请教老师'))]
    """
    names = [plain_header(cell) for cell in header]
    platform: dict[int, Kind] = {}
    for position in _platform_ends(names):
        platform[position] = META[key_of(names[position])]
    first = next((i for i in range(len(names)) if i not in platform), len(names))
    tokens = [_token(name) for name in names]
    unknown: tuple[int, ...] = ()
    if any(token.starts for token in tokens[first:]):
        numbered = next(i for i in range(first, len(names)) if tokens[i].starts)
        unknown = tuple(i for i in range(first, numbered) if i not in platform)
    asked = [i for i in range(first, len(names)) if i not in platform and i not in unknown]
    starts = _read_numbers([tokens[i] for i in asked], [names[i] for i in asked])
    if starts is None or (unknown and tokens[asked[0]].number != 1):
        asked = [i for i in range(len(names)) if i not in platform]
        return Layout(
            platform=platform,
            questions=tuple(
                Question(name=names[i] or f"column {i + 1}", number=0, columns=(i,), text=names[i], parts=("",))
                for i in asked
            ),
            numbered=False,
        )
    platform |= dict.fromkeys(unknown, "identifying")
    bounds = [*starts, len(asked)]
    return Layout(
        platform=platform,
        questions=tuple(_question(asked[begin:end], names, tokens) for begin, end in pairwise(bounds)),
        numbered=bool(asked),
        unknown=unknown,
    )


def option_label(header: str, *, number: int, text_header: str) -> str | None:
    """Return the option that a column of an export by number stands for; None if it is no option of the question.

    Examples
    --------
    >>> option_label("第6题(IT数码)", number=6, text_header="6、兴趣爱好")
    'IT数码'
    >>> option_label("3、和谁住（可多选）(学校（宿舍）)", number=3, text_header="3、和谁住（可多选）")
    '学校（宿舍）'
    """
    name, stem = plain_header(header), plain_header(text_header)
    for pattern in (_OLD_OPTION, _NEW_OPTION):
        if (found := pattern.match(name)) and number and int(found[1]) == number:
            return found[2].strip()
    if name.startswith(stem) and name[len(stem) :].strip().startswith("(") and name.endswith(")"):
        return name[len(stem) :].strip()[1:-1].strip()
    return None


def _platform_ends(names: Sequence[str]) -> Iterator[int]:
    """Yield the columns of the platform: those at the beginning and at the end that carry its names."""
    seen: set[int] = set()
    for positions in (range(len(names)), range(len(names) - 1, -1, -1)):
        for position in positions:
            if key_of(names[position]) not in META or position in seen:
                break
            seen.add(position)
            yield position


def _token(name: str) -> _Token:
    if found := _OLD_OPTION.match(name):
        return _Token(int(found[1]), option=True, starts=True)
    if found := _NEW_OPTION.match(name):
        return _Token(int(found[1]), option=True, starts=False)
    if found := _NUMBERED.match(name):
        return _Token(int(found[1]), option=False, starts=True)
    return _Token(0, option=False, starts=False)


def _read_numbers(tokens: Sequence[_Token], names: Sequence[str]) -> list[int] | None:
    """Return the positions at which questions begin; None if the numbers allow no reading, or several."""
    if not tokens:
        return []
    for bare_anywhere in (False, True):
        for gaps in (False, True):
            readings, starts = _readings(tokens, names, gaps=gaps, bare_anywhere=bare_anywhere)
            if readings == 1 and (not bare_anywhere or len(starts) > 1):
                return starts
            if readings:
                return None
    return None


@dataclass(frozen=True, slots=True)
class _Starts:
    """Where a question begins, and where those before it do."""

    position: int
    before: _Starts | None


class _State(NamedTuple):
    number: int = 0  # of the question that is being read
    holds: str = ""  # what may stand behind its first column: rows, blanks, options, or nothing ("one")
    own: int = 0  # number of its own that the column before carried as a row


def _readings(
    tokens: Sequence[_Token], names: Sequence[str], *, gaps: bool, bare_anywhere: bool
) -> tuple[int, list[int]]:
    """Count the ways to cut the header into questions, and give one of them.

    A way is a path over the states; they are few, because numbers only rise. A number that comes next begins a
    question, unless it also comes next among the rows' own numbers: then both ways are followed.
    """
    # state -> (ways, positions where questions begin, the last one first)
    states: dict[_State, tuple[int, _Starts | None]] = {_State(): (1, None)}
    for position, (token, name) in enumerate(zip(tokens, names, strict=True)):
        following: dict[_State, tuple[int, _Starts | None]] = {}
        for state, (ways, starts) in states.items():
            for after, path in _steps(state, token, name, starts, position, gaps=gaps, bare_anywhere=bare_anywhere):
                known_ways, known_path = following.get(after, (0, path))
                following[after] = (ways + known_ways, known_path)
        if not following or len(following) > _MOST_READINGS:
            return 0, []
        states = following
    path = next(iter(states.values()))[1]
    begins: list[int] = []
    while path is not None:
        begins.append(path.position)
        path = path.before
    return sum(ways for ways, _ in states.values()), begins[::-1]


def _steps(
    state: _State,
    token: _Token,
    name: str,
    starts: _Starts | None,
    position: int,
    *,
    gaps: bool,
    bare_anywhere: bool,
) -> Iterator[tuple[_State, _Starts | None]]:
    begins = token.starts and token.number > state.number and (gaps or not position or token.number == state.number + 1)
    if begins:
        own = _token(_rest(name).rpartition(DASH)[2].strip()).number if DASH in name else 0
        yield _State(token.number, _holds(token, name), own), _Starts(position, starts)
    in_series = token.number == state.own + 1 and state.own > 0
    if position and (not begins or in_series) and _continues(token, name, state, bare_anywhere=bare_anywhere):
        yield state._replace(own=token.number), starts


def _holds(token: _Token, name: str) -> str:
    """Say what may stand behind a question's first column without its number: rows of a matrix, blanks, options."""
    if token.option:
        return "options"
    rest = _rest(name)
    return "rows" if DASH in rest else "blanks" if _BLANK.match(rest) else "one"


def _continues(token: _Token, name: str, state: _State, *, bare_anywhere: bool) -> bool:
    if token.option:
        return token.number == state.number
    if state.holds == "rows":
        return True
    if state.holds == "blanks":
        return bool(_BLANK.match(name)) or (bare_anywhere and not token.starts)
    return bare_anywhere and not token.starts and state.holds != "options"


def _rest(name: str) -> str:
    found = _NUMBERED.match(name)
    return found[2].strip() if found else name


def _question(positions: Sequence[int], names: Sequence[str], tokens: Sequence[_Token]) -> Question:
    first = names[positions[0]]
    number, rest = tokens[positions[0]].number, _rest(first)
    options = any(tokens[i].option for i in positions)
    if options:
        text, label = ("", first) if tokens[positions[0]].option else _last_bracket(rest)
        found = [
            label if position == positions[0] and not tokens[position].option else _own_option(names[position])
            for position in positions
        ]
        return Question(
            name=f"Q{number}", number=number, columns=tuple(positions), text=text, parts=tuple(found), options=True
        )
    text, parts = rest, [""] * len(positions)
    if len(positions) > 1:
        before, dash, behind = rest.rpartition(DASH)
        text = before.rstrip(DASH) if dash else rest
        parts = [behind if dash else rest, *(names[i] for i in positions[1:])]
    return Question(
        name=f"Q{number}",
        number=number,
        columns=tuple(positions),
        text=text.strip(),
        parts=tuple(part.strip() for part in parts),
    )


def _own_option(name: str) -> str:
    for pattern in (_OLD_OPTION, _NEW_OPTION):
        if found := pattern.match(name):
            return found[2].strip()
    return name


def _last_bracket(text: str) -> tuple[str, str]:
    """Cut ``question(option)`` at the bracket that the last one closes."""
    if not text.endswith(")"):
        return text, ""
    depth = 0
    for position in range(len(text) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(text[position], 0)
        if depth == 0:
            return text[:position].strip(), text[position + 1 : -1].strip()
    before, _, behind = text[:-1].partition("(")
    return before.strip(), behind.strip()
