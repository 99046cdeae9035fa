"""Options of a question with several answers that stand in one cell, between commas or semicolons.

One cell does not tell where an option ends: an option may hold the separator itself. So cells are taken apart only
with the options of the form in hand; without them the cell stays whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from eval_tools.intake.columns import ColumnInfo
from eval_tools.intake.exports.reader import Export
from eval_tools.intake.exports.records import Column, Records, option_lists, plain_header
from eval_tools.intake.findings import Findings, shorten
from eval_tools.intake.raw_table import INVALID

_MOST_PIECES = 100
_LONGEST = 20_000  # characters of a cell


@dataclass(frozen=True, slots=True)
class Parsed:
    """The options of a cell in its order, and what is none of them."""

    options: tuple[str, ...]
    other: str = ""


def parse_cell(cell: str, options: Sequence[str], *, separator: str) -> Parsed | None:
    """Take a cell apart into options of the form; None if it can be read in two ways.

    The reading that leaves least over counts; what it leaves over must stand in one place, as the words do that
    somebody wrote beside the options.

    Examples
    --------
    >>> parse_cell("爸爸, 爷爷, 奶奶", ["爸爸", "妈妈", "爷爷, 奶奶"], separator=", ")
    Parsed(options=('爸爸', '爷爷, 奶奶'), other='')
    >>> parse_cell("爸爸, 我的姑姑, 姑父", ["爸爸", "妈妈", "爷爷, 奶奶"], separator=", ")
    Parsed(options=('爸爸',), other='我的姑姑, 姑父')
    >>> parse_cell("a, b", ["a", "b", "a, b"], separator=", ") is None
    True
    """
    pieces = cell.split(separator)
    if len(pieces) > _MOST_PIECES or len(cell) > _LONGEST:
        return None
    lengths = {option: option.count(separator) + 1 for option in options}
    several = sorted(set(lengths.values()))
    # From the end: pieces left over, and the ways to leave so few (two are enough to know that it is not one).
    best: list[tuple[int, list[tuple[str | None, ...]]]] = [(0, [()])] * (len(pieces) + 1)
    for begin in range(len(pieces) - 1, -1, -1):
        left, ways = best[begin + 1]
        found = [(left + 1, [(None, *way) for way in ways])]
        for length in several:
            option = separator.join(pieces[begin : begin + length]).strip()
            if begin + length <= len(pieces) and lengths.get(option) == length:
                left, ways = best[begin + length]
                found.append((left, [(option, *way) for way in ways]))
        least = min(left for left, _ in found)
        best[begin] = (least, [way for left, ways in found if left == least for way in ways][:2])
    left, ways = best[0]
    if len(ways) > 1:
        return None
    return _parsed(ways[0], pieces, lengths, separator)


def _parsed(way: Sequence[str | None], pieces: Sequence[str], lengths: dict[str, int], separator: str) -> Parsed | None:
    chosen: list[str] = []
    over: list[int] = []
    position = 0
    for step in way:
        if step is None:
            over.append(position)
        else:
            chosen.append(step)
        position += 1 if step is None else lengths[step]
    if len(set(chosen)) < len(chosen) or (over and over[-1] - over[0] + 1 > len(over)):
        return None
    return Parsed(tuple(chosen), separator.join(pieces[i] for i in over).strip())


def looks_joined(cells: Sequence[str], *, separator: str) -> bool:
    """Say whether the cells look like options joined: the same few pieces again and again, in several mixtures.

    Examples
    --------
    >>> looks_joined(["a, b", "a", "a, c", "b, c", "c"], separator=", ")
    True
    >>> looks_joined(["I like it, mostly", "no", "no", "well, it depends"], separator=", ")
    False
    """
    answered = [cell for cell in cells if cell]
    joined = {cell for cell in answered if separator in cell}
    counts = Counter(piece for cell in answered for piece in set(cell.split(separator)))
    return len(joined) > 1 and min(counts.values()) > 1


def expand(
    info: ColumnInfo,
    cells: Sequence[str],
    options: Sequence[str],
    records: Records,
    findings: Findings,
    *,
    separator: str,
) -> Iterator[Column]:
    """Yield the joined cells, one column for each option of the form, and what is none of the options."""
    parsed = {cell: parse_cell(cell, options, separator=separator) for cell in set(cells) if cell}
    yield Column(replace(info, kind="choices", holds="label"), cells)
    for number, option in enumerate(options, start=1):
        values = []
        for cell in cells:
            read = parsed.get(cell)
            values.append("" if not cell else INVALID if read is None else "1" if option in read.options else "0")
        yield Column(replace(info, name=f"{info.name}.{number}", part=option, kind="choice", holds="code"), values)
    others = [read.other if (read := parsed.get(cell)) is not None else INVALID if cell else "" for cell in cells]
    yield Column(replace(info, name=f"{info.name}.other", kind="other"), others)
    over = [row for row, other in zip(records.rows, others, strict=True) if other and other != INVALID]
    if over:
        findings.add(
            "options_other",
            f"cells hold words that are none of the options given; they are kept as words of one's own: rows "
            f"{shorten(over)}. | Complete the list of options if one is missing.",
            severity="note",
            file=records.file,
            row=over[0],
            column=info.name,
            count=len(over),
        )
    unclear = [row for row, cell in zip(records.rows, cells, strict=True) if cell and parsed[cell] is None]
    if unclear:
        findings.add(
            "options_unclear",
            f"cells can be taken apart into the options in two ways, or in none: rows {shorten(unclear)}; "
            "these answers are invalid. | Compare the options with the form; avoid options that hold the separator.",
            severity="warning",
            file=records.file,
            row=unclear[0],
            column=info.name,
            count=len(unclear),
        )


def keep_joined(info: ColumnInfo, cells: Sequence[str], records: Records, findings: Findings) -> Column:
    """Return the joined cells as they are, and say what is needed to take them apart."""
    findings.add(
        "options_unknown",
        "holds several options in one cell, and the cells alone do not tell where an option ends; it is left as it is. "
        "| Give a table with the columns 'question' and 'option' as the form, one row for each option in the form's "
        "order. Nothing to do if it is a question with one answer.",
        severity="note",
        file=records.file,
        column=info.name,
    )
    return Column(replace(info, kind="choices", holds="label"), cells)


def lists_for(export: Export, records: Records, findings: Findings) -> Mapping[str, tuple[str, ...]] | None:
    """Read the lists of options that were given with an export; None, with findings, if they do not fit it."""
    form = export.companions.get("form")
    if form is None:
        return {}
    lists = option_lists(form, findings)
    names = {plain_header(header) for header in records.header}
    absent = [question for question in lists or () if question not in names]
    for question in absent:
        findings.add(
            "options_of_no_question",
            "the list of options names a question that the export does not hold. | Write it as in the header of the "
            "export.",
            file=form.received.file,
            column=question,
        )
    return None if absent else lists
