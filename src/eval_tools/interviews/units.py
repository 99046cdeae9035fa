"""Units of comparison: sentence, turn, paragraph, document, person or character; the coefficient depends on it."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Literal, get_args

from eval_tools.errors import UnknownNames

Unit = Literal["sentence", "turn", "paragraph", "document", "person", "character"]
UNITS: tuple[Unit, ...] = get_args(Unit)

_END = "。！？；…!?;｡"
_CLOSING = "」』”’）)》〉】］\\]〕\"'"
# a sentence ends with marks and whatever closes after them; an English full stop only before a blank or the end
_SENTENCE_END = re.compile(f"(?:[{_END}]+|\\.+(?=[\\s{_CLOSING}]|$))[{_CLOSING}]*")
# a speaker label: a few characters without punctuation, then a colon, at the beginning of a line
_LABEL = re.compile(
    r"^[ \t\u3000]*(?:\[?\d{1,2}:\d{2}(?::\d{2})?\]?[ \t\u3000]*)?[^\s：:。！？；，,.!?;]{1,12}[ \t]*[：:]", re.M
)


def split_units(text: str, unit: Unit) -> list[tuple[int, int]]:
    r"""Cut a text into units, as first character and the one after the last.

    Blanks at both ends belong to no unit, and a unit is never empty.

    Parameters
    ----------
    text : str
        With line feeds.
    unit : {"sentence", "turn", "paragraph", "document", "person", "character"}
        ``sentence``: up to 。！？；… or . ! ? with closing quotes and brackets, the end of a line, or the next speaker;
        a speaker's label belongs to the sentence after it. ``turn``: from one speaker label (``媽媽：``) to the next;
        a text without labels has paragraphs for turns.
        ``paragraph``: a line. ``document`` and ``person`` (whose documents are put together later): all of it.
        ``character``: each that is no blank.

    Raises
    ------
    UnknownNames
        Another unit.

    Examples
    --------
    >>> text = "他說：「我想你。」好嗎？\n嗯……"
    >>> [text[a:b] for a, b in split_units(text, "sentence")]
    ['他說：「我想你。」', '好嗎？', '嗯……']
    """
    if unit not in UNITS:
        raise UnknownNames("unit", missing=[unit], known=UNITS, where="split_units")
    if unit in ("document", "person"):
        return _trimmed(text, [0, len(text)])
    if unit == "character":
        return [(i, i + 1) for i, c in enumerate(text) if not c.isspace()]
    lines = [m.end() for m in re.finditer("\n", text)]
    if unit == "paragraph":
        return _trimmed(text, [0, *lines, len(text)])
    labels = [m.start() for m in _LABEL.finditer(text)]
    if unit == "turn":
        return _trimmed(text, [0, *(labels or lines), len(text)])
    ends = [m.end() for m in _SENTENCE_END.finditer(text)]
    return _trimmed(text, [0, *lines, *labels, *ends, len(text)])


def _trimmed(text: str, cuts: list[int]) -> list[tuple[int, int]]:
    units = []
    ordered = sorted(set(cuts))
    for start, end in pairwise(ordered):
        piece = text[start:end]
        bare = piece.strip()
        if bare:
            first = start + len(piece) - len(piece.lstrip())
            units.append((first, first + len(bare)))
    return units
