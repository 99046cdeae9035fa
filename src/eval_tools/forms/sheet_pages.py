"""Sheets as PDF to be printed and as Word to be adapted after the local review."""

from __future__ import annotations

from eval_tools.forms.paper_pdf import page_frame
from eval_tools.forms.paper_word import QUIET, document_bytes, new_document, say, write_table
from eval_tools.forms.sheets import Sheet
from eval_tools.forms.typeset import typeset
from eval_tools.forms.words import FormWords

WARNING = "7A3B00"
BLANK = "_" * 36
BOX = "□"


def render_sheet_pdf(sheet: Sheet, *, footer: str = "") -> bytes:
    """Set a sheet as PDF/UA-1."""
    words = FormWords(sheet.language)
    return typeset(
        "sheet.typ",
        {
            **page_frame(words),
            "title": sheet.title,
            "banner": sheet.banner,
            "large": sheet.large,
            "ids": sheet.name == "id-list",
            "footer": footer,
            "sections": [
                {
                    "heading": section.heading,
                    "parts": [
                        {"kind": part.kind, "lines": list(part.lines), "rows": [list(row) for row in part.rows]}
                        for part in section.parts
                    ],
                }
                for section in sheet.sections
            ],
        },
    )


def render_sheet_word(sheet: Sheet) -> bytes:
    """Lay out a sheet as .docx."""
    document = new_document(sheet.language, sheet.title)
    document.add_heading(sheet.title, level=1)
    if sheet.banner:
        say(document, sheet.banner, size=9.5, colour=WARNING)
    for section in sheet.sections:
        if section.heading:
            document.add_heading(section.heading, level=2)
        for part in section.parts:
            if part.kind == "table":
                write_table(document, part.rows)
                continue
            for line in part.lines:
                if part.kind == "bullets":
                    document.add_paragraph(line, style="List Bullet")
                elif part.kind == "blanks":
                    say(document, f"{line} {BLANK}", before=4)
                elif part.kind == "choices":
                    say(document, f"{BOX}  {line}", before=2)
                else:
                    say(document, line, colour=QUIET if sheet.name == "id-list" else "")
    return document_bytes(document)
