"""What a column of an export is, as far as the platform tells: question, part, kind, and what its cells hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "answer",  # one answer, or a free text
    "choice",  # one option of a question with several, 1 or 0
    "choices",  # all options of a question with several in one cell
    "other",  # what somebody wrote beside an option
    "rank",  # the place an option was given
    "system",  # of the platform: number, time, duration, version
    "identifying",  # of the platform: address, name, account, position, device
    "score",  # the platform's own score, never mixed with ours
]
Holds = Literal[
    "text",  # whatever was typed
    "code",  # the code of the form
    "label",  # the words of the option
    "ordinal",  # the place of the option on the form, which need not be its code
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnInfo:
    """One column; ``name`` is unique in its table and may be written in study.yaml."""

    name: str
    header: str  # as it stands in the file
    question: str = ""  # number or name of the question, the same for all its parts
    part: str = ""  # sub-item or option
    text: str = ""  # words of the question, where the export holds them
    kind: Kind = "answer"
    holds: Holds = "text"
    choices: Mapping[str, str] = field(default_factory=dict)  # cell -> label, where the codebook tells


def unique_names(headers: Sequence[str]) -> list[str]:
    """Name columns by their headers; those that repeat are numbered, so that none is taken for another.

    Examples
    --------
    >>> unique_names(["编号", "对学校", "对家庭", "对学校", ""])
    ['编号', '对学校 #1', '对家庭', '对学校 #2', 'column 5']
    """
    stripped = [header.strip() for header in headers]
    total, seen = Counter(stripped), Counter[str]()
    names = []
    for position, header in enumerate(stripped, start=1):
        seen[header] += 1
        numbered = header if total[header] == 1 else f"{header} #{seen[header]}"
        names.append(numbered if header else f"column {position}")
    return names
