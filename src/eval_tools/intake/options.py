"""A question with several options stands in a file twice, joined and option by option; both change together."""

from __future__ import annotations

from eval_tools.intake.columns import ColumnInfo
from eval_tools.intake.raw_table import NOT_IN_VERSION, REASONS, RawTable

_WORDS = {"true": "1", "false": "0", "1.0": "1", "0.0": "0"}


def info_of(raw: RawTable, name: str) -> ColumnInfo | None:
    """Return what is known about a column; None where the file tells nothing but names."""
    return raw.columns[raw.header.index(name)] if raw.columns else None


def as_flag(text: str) -> str:
    """Write TRUE and FALSE as 1 and 0, as the cells of options are.

    Examples
    --------
    >>> as_flag("TRUE"), as_flag("0")
    ('1', '0')
    """
    return _WORDS.get(text.strip().lower(), text)


def is_words_joined(info: ColumnInfo | None) -> bool:
    """Whether a cell holds the words of all options chosen, which cannot be taken apart with certainty."""
    return info is not None and info.kind == "choices" and info.holds == "label"


def change_in_step(raw: RawTable, record: tuple[str, ...], name: str, text: str) -> dict[str, str]:
    """Say which cells of one record change when the cell of column ``name`` becomes ``text``.

    Returns
    -------
    dict
        Column name -> new cell, the column itself among them: the joined cell when an option changes, all options
        when the joined cell changes. An option that this version did not offer stays as it is.
    """
    info = info_of(raw, name)
    if info is None or info.kind not in ("choice", "choices") or is_words_joined(info):
        return {name: text}
    places = {c.name: i for i, c in enumerate(raw.columns) if c.question == info.question}
    codes = [c.name for c in raw.columns if c.name in places and c.kind == "choices" and c.holds != "label"]
    joined = codes[0] if codes else ""  # a cell of words is only looked at; its options are what counts
    options = {c.part: c.name for c in raw.columns if c.name in places and c.kind == "choice"}
    if info.kind == "choices":
        chosen = [] if text in REASONS else text.split()
    else:
        held = record[places[joined]] if joined else ""
        before = [] if held in REASONS else held.split()
        if not joined:
            before = [part for part, option in options.items() if record[places[option]] == "1"]
        chosen = [part for part in before if part != info.part or text == "1"]
        chosen += [info.part] if text == "1" and info.part not in chosen else []
    changes = {name: text}
    if info.kind == "choice" and joined:
        changes[joined] = " ".join(chosen)
    for part, option in options.items():
        held = record[places[option]]
        if option == name or held == NOT_IN_VERSION:
            continue
        if info.kind == "choices":
            changes[option] = ("1" if part in chosen else "0") if chosen else (text if text in REASONS else "")
        elif chosen and held not in ("0", "1"):
            changes[option] = "0"  # the question is answered now
    return {column: cell for column, cell in changes.items() if column == name or record[places[column]] != cell}
