"""Which characters a project counts: found by trying, for exports differ from the standard and from each other."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from eval_tools.errors import DataError, Problem, UnknownNames

Counting = Literal["code points", "code points, LF", "UTF-16", "UTF-16, LF"]
COUNTINGS: tuple[Counting, ...] = get_args(Counting)
# what writers are known to do; asked only where two ways fit equally well
KNOWN_WRITERS: tuple[tuple[str, Counting], ...] = (
    ("nvivo", "UTF-16"),
    ("atlas", "code points, LF"),
    ("qualcoder", "code points"),
    ("maxqda", "code points"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A selection as stored, and the words its project quotes for it, if any."""

    start: int
    end: int
    quoted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """The way of counting that fits best."""

    counting: Counting
    score: float  # 0 to 1: share of selections whose edges and words fit
    second: float  # of the best one that puts any selection elsewhere
    n: int  # selections looked at


class Places:
    """Where a stored position lies in the text as kept (line feeds only, no byte-order mark)."""

    def __init__(self, stored: str, counting: Counting) -> None:
        text = stored.removeprefix("\ufeff")
        self._length = len(text)
        self._stored: NDArray[np.int64] | None = None
        if "\r\n" not in text and (text.isascii() or max(text, default="") <= "\uffff"):
            return  # every way of counting is the same
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        returns = np.flatnonzero((points[:-1] == 13) & (points[1:] == 10))
        stored_units, kept_units = np.ones(points.size, dtype=np.int64), np.ones(points.size, dtype=np.int64)
        kept_units[returns] = 0
        if counting.endswith("LF"):
            stored_units[returns] = 0
        if counting.startswith("UTF-16"):
            stored_units[points > 0xFFFF] = 2
        self._stored = np.concatenate([[0], np.cumsum(stored_units)])
        self._kept = np.concatenate([[0], np.cumsum(kept_units)])
        self._length = int(self._stored[-1])

    def __len__(self) -> int:
        return self._length

    def at(self, position: int) -> int | None:
        """Return the place, or None outside the text; the middle of a character is its beginning."""
        return self.all([position])[0]

    def all(self, positions: Sequence[int]) -> list[int | None]:
        """Return the places of many positions."""
        if self._stored is None:
            return [p if 0 <= p <= self._length else None for p in positions]
        wanted = np.array([min(max(p, -1), self._length + 1) for p in positions], dtype=np.int64)
        found = self._kept[np.searchsorted(self._stored, wanted, side="right") - 1].tolist()
        return [place if 0 <= p <= self._length else None for p, place in zip(positions, found, strict=True)]


def detect_counting(
    stored: Mapping[str, str],
    stretches: Mapping[str, Sequence[Stretch]],
    *,
    file: str,
    origin: str = "",
    counting: str = "",
) -> Detected:
    """Find out what a project counts, from all its texts together.

    Parameters
    ----------
    stored : mapping of str to str
        Texts as stored, by document.
    stretches : mapping of str to sequence of Stretch
        Selections, by document.
    file : str
        Name used in messages.
    origin : str
        The program that wrote the project, as it says; decides only between ways that fit equally well.
    counting : str
        One of ``COUNTINGS`` if the user knows; then nothing is tried.

    Returns
    -------
    Detected

    Raises
    ------
    DataError
        Two ways fit equally well, put selections in different places, and the writer is not known.
    UnknownNames
        ``counting`` is none of the known ones.

    Examples
    --------
    >>> text = "😊好。" + chr(13) + chr(10) + "我想她。"
    >>> detect_counting({"d": text}, {"d": [Stretch(start=6, end=10)]}, file="a.qdpx").counting
    'UTF-16'
    """
    if counting and counting not in COUNTINGS:
        raise UnknownNames("counting", missing=[counting], known=COUNTINGS, where=file)
    n = sum(len(stretches.get(name, ())) for name in stored)
    tried = [one for one in COUNTINGS if not counting or one == counting]
    scores: dict[Counting, float] = dict.fromkeys(tried, 0.0)
    placed: dict[Counting, list[tuple[int | None, int | None]]] = {one: [] for one in tried}
    for name, text in stored.items():
        wanted = stretches.get(name, ())
        if not wanted:
            continue
        here = {}
        for one in tried:
            places = Places(text, one)
            starts, ends = places.all([w.start for w in wanted]), places.all([w.end for w in wanted])
            here[one] = list(zip(starts, ends, strict=True))
            placed[one] += here[one]
        for one, total in _fits(_kept(text), here, [stretch.quoted for stretch in wanted]).items():
            scores[one] += total
    scores = {one: (total / n if n else 1.0) for one, total in scores.items()}
    best = max(tried, key=lambda one: scores[one])
    # ways that put every selection in the same place are one way
    others = [one for one in tried if placed[one] != placed[best]]
    second = max((scores[one] for one in others), default=0.0)
    level = [one for one in others if scores[one] >= scores[best] - 1e-9]
    if level:
        known = [way for writer, way in KNOWN_WRITERS if writer in origin.lower()]
        chosen = next((one for one in [best, *level] if one in known), None)
        if chosen is None:
            ways = ", ".join([best, *level])
            raise DataError(
                Problem(
                    file,
                    f"the positions of its selections can be read in several ways that fit equally well: {ways}.",
                    "Say which with counting, after looking at one coded passage in the program that wrote it.",
                )
            )
        best = chosen
    return Detected(counting=best, score=scores[best], second=second, n=n)


def _kept(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


_Place = tuple[int | None, int | None]


def _fits(text: str, placed: Mapping[Counting, Sequence[_Place]], quoted: Sequence[str]) -> dict[Counting, float]:
    """Return how well the selections of a text fit, each 0 to 1, added up: inside, edges at borders, words quoted."""
    totals: dict[Counting, float] = dict.fromkeys(placed, 0.0)
    whole = ""
    for i, words in enumerate(map(_folded, quoted)):
        cut = words.rstrip(".…")
        same = {}
        for one, places in placed.items():
            start, end = places[i]
            inside = start is not None and end is not None and start <= end
            found = _folded(text[start:end]) if inside and words else ""
            same[one] = bool(words) and inside and (found == words or (len(cut) >= 8 and found.startswith(cut)))
        quotes = any(same.values())
        if words and not quotes:
            # names of selections need not be quotations: a name that occurs nowhere says nothing
            whole = whole or _folded(text)
            quotes = cut in whole
        for one, places in placed.items():
            start, end = places[i]
            if start is None or end is None or start > end:
                totals[one] -= 1
                continue
            edges = (_is_border(text, start) + _is_border(text, end)) / 2
            totals[one] += 0.75 * same[one] + 0.25 * edges if quotes else edges
    return totals


def _is_border(text: str, place: int) -> bool:
    """Whether a place is an end of the text, or beside a blank, a line ending or punctuation."""
    return place in (0, len(text)) or any(_divides(c) for c in text[place - 1 : place + 1])


def _divides(c: str) -> bool:
    return c.isspace() or unicodedata.category(c)[0] in "PZ"


def _folded(text: str) -> str:
    return "".join(text.split())


def describe(found: Detected) -> str:
    """Say what was found, for a note.

    Examples
    --------
    >>> describe(Detected(counting="UTF-16", score=0.961, second=0.5, n=303))
    'positions are counted in UTF-16: 96 % of 303 selections fit, 50 % in the next best way'
    """
    first, second = (100 * max(share, 0.0) for share in (found.score, found.second))
    return (
        f"positions are counted in {found.counting}: {first:.0f} % of {found.n} selections fit, "
        f"{second:.0f} % in the next best way"
    )
