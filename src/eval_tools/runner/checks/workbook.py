"""The workbook in which an evaluator decides each finding: places and proposals, never what stands in a cell."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from eval_tools.runner.checks.lines import Line, list_lines
from eval_tools.runner.checks.report import CheckReport
from eval_tools.spreadsheets import Cell, put

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

PROBLEMS, EXPLAINED = "problems", "how to decide"
HEADER = (
    *("problem", "file", "row", "column", "proposed fix", "decision", "note"),
    *("kind", "rule", "count", "action", "file sha256", "key"),
)
WIDTHS = (52, 28, 12, 18, 46, 14, 40, 10, 22, 8, 9, 18, 15)
DECIDED_BY_HAND = ("decision", "note")
EXPLANATION = (
    ("English", "繁體中文", "简体中文"),
    (
        "One line is one problem. Choose a decision, write a note, save, and give the file back: "
        "eval-tools check STUDY --decisions FILE.xlsx",
        "每一行是一個問題。請選擇決定、寫下備註、存檔，再把檔案讀回：eval-tools check STUDY --decisions FILE.xlsx",
        "每一行是一个问题。请选择决定、写下备注、保存，再把文件读回：eval-tools check STUDY --decisions FILE.xlsx",
    ),
    (
        "fix: do what stands under 'proposed fix'. The export itself is never changed; the correction is written to "
        "corrections.yaml with your note and the date.",
        "fix（修正）：照「proposed fix」一欄去做。匯出檔本身絕不更動；修正連同您的備註和日期寫入 corrections.yaml。",
        "fix（修正）：照“proposed fix”一栏去做。导出文件本身绝不改动；修正连同您的备注和日期写入 corrections.yaml。",
    ),
    (
        "accept: the warning is right and may stay. Say why in the note. It comes back if its count changes. "
        "An error cannot be accepted.",
        "accept（接受）：警告屬實，可以保留。請在備註說明原因。數目一變，警告會再出現。錯誤不能接受。",
        "accept（接受）：警告属实，可以保留。请在备注说明原因。数目一变，警告会再出现。错误不能接受。",
    ),
    (
        "ask school: look at the paper form or ask the school first. The question is kept and the problem stays open.",
        "ask school（詢問學校）：先看紙本問卷或詢問學校。問題會留著，直到解決。",
        "ask school（询问学校）：先看纸质问卷或询问学校。问题会留着，直到解决。",
    ),
    (
        "An empty decision leaves the problem as it is. You may sort, filter and delete lines.",
        "決定留空，問題就保持原樣。可以排序、篩選、刪除整行。",
        "决定留空，问题就保持原样。可以排序、筛选、删除整行。",
    ),
    (
        "Never write a name, a number of a child or an answer into a note.",
        "備註裡絕不要寫姓名、孩子的編號或答案。",
        "备注里绝不要写姓名、孩子的编号或答案。",
    ),
    (
        "Change nothing but 'decision' and 'note'; a line that was changed, or whose file was exported anew, is "
        "refused with the reason.",
        "除「decision」和「note」外請勿更動；被更動的行，或檔案已重新匯出的行，會被拒絕並說明原因。",
        "除“decision”和“note”外请勿改动；被改动的行，或文件已重新导出的行，会被拒绝并说明原因。",
    ),
    (
        "row: row number in the file as a spreadsheet shows it; the header is row 1.",
        "row：試算表顯示的行號；標題是第 1 行。",
        "row：电子表格显示的行号；标题是第 1 行。",
    ),
)


def workbook_bytes(report: CheckReport) -> bytes:
    """Lay out the workbook: the lines to decide, and a sheet that explains in three languages."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    _fill_problems(book.create_sheet(PROBLEMS), list_lines(report))
    _fill_explanation(book.create_sheet(EXPLAINED))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def cells_of(line: Line) -> tuple[Cell, ...]:
    """Return the cells of a line in the order of the header."""
    return (
        *(line.problem, line.file, line.shown_rows, line.column, line.fix, None, None),
        *(line.severity, line.rule, line.count, line.action, line.sha256, line.key),
    )


def _fill_problems(sheet: Worksheet, lines: list[Line]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    rows: list[tuple[Cell, ...]] = [HEADER, *map(cells_of, lines)]
    by_hand = [HEADER.index(name) + 1 for name in DECIDED_BY_HAND]
    wrapped = Alignment(vertical="top", wrap_text=True)
    quiet, bold, open_ = Font(color="FF6B7580"), Font(bold=True), PatternFill("solid", fgColor="FFFFF8E1")
    for i, row in enumerate(rows, start=1):
        for j, value in enumerate(row, start=1):
            cell = sheet.cell(row=i, column=j)
            if value not in (None, ""):
                put(cell, value)
            cell.alignment = wrapped
            if i == 1:
                cell.font = bold
            elif j > len(HEADER) - 6:
                cell.font = quiet
            elif j in by_hand:
                cell.fill = open_
    for j, width in enumerate(WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(j)].width = width
    decision = get_column_letter(HEADER.index("decision") + 1)
    for choices in sorted({line.choices for line in lines}):
        rule = DataValidation(type="list", formula1=f'"{",".join(choices)}"', allow_blank=True, showErrorMessage=True)
        rule.error, rule.errorTitle = f"Choose one of: {', '.join(choices)}.", "decision"
        for first, last in _runs([i for i, line in enumerate(lines, start=2) if line.choices == choices]):
            rule.add(f"{decision}{first}:{decision}{last}")
        sheet.add_data_validation(rule)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(HEADER))}{len(rows)}"


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    """Gather rising numbers into runs without gaps."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _fill_explanation(sheet: Worksheet) -> None:
    from openpyxl.styles import Alignment, Font

    for i, row in enumerate(EXPLANATION, start=1):
        for j, text in enumerate(row, start=1):
            cell = sheet.cell(row=i, column=j)
            put(cell, text)
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            if i == 1:
                cell.font = Font(bold=True)
    for letter in "ABC":
        sheet.column_dimensions[letter].width = 56
    sheet.freeze_panes = "A2"
