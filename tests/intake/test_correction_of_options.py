"""A cell that joins the words of several options: its options are corrected, the cell itself is not."""

from __future__ import annotations

from eval_tools.intake.columns import ColumnInfo
from eval_tools.intake.options import change_in_step, is_words_joined
from eval_tools.intake.raw_table import RawTable


def table() -> RawTable:
    """Two options of one question, and the cell with their words (invented)."""
    columns = (
        ColumnInfo(name="Q3", header="3、谁", question="3", kind="choices", holds="label"),
        ColumnInfo(name="Q3.1", header="3(妈妈)", question="3", part="妈妈", kind="choice"),
        ColumnInfo(name="Q3.2", header="3(爸爸)", question="3", part="爸爸", kind="choice"),
    )
    cells = (("妈妈┋爸爸", "1", "1"),)
    header = tuple(column.name for column in columns)
    return RawTable(file="a.csv", header=header, cells=cells, rows=(2,), sha256="", n_bytes=0, columns=columns)


def test_an_option_changes_alone_and_leaves_the_others_as_they_are():
    raw = table()
    assert change_in_step(raw, raw.cells[0], "Q3.1", "0") == {"Q3.1": "0"}


def test_the_joined_words_are_not_taken_apart():
    raw = table()
    assert is_words_joined(raw.columns[0])
    assert not is_words_joined(raw.columns[1])
    assert change_in_step(raw, raw.cells[0], "Q3", "妈妈") == {"Q3": "妈妈"}
