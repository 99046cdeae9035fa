"""A paper form as a Word document, for teams that must add a letterhead or a line of their own."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING

from eval_tools.forms.paper import AnswerBlock, OpenBlock, PaperForm
from eval_tools.forms.words import REGIONS, WORD_FONT, FormWords

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import _Cell
    from docx.text.paragraph import Paragraph

CIRCLE, BOX = "○", "□"
LATIN_FONT = "Arial"
LONG_AGO = (1980, 1, 1, 0, 0, 0)
QUIET, ACCENT, SHADE = "55606B", "0A5A8A", "F3F6F8"
TEXT_WIDTH_MM = 176
AFTER_SHADE = ("w:noWrap", "w:tcMar", "w:textDirection", "w:tcFitText", "w:vAlign", "w:hideMark")  # Word asks for order


def render_form_word(form: PaperForm) -> bytes:
    """Lay out a form as .docx; the same form gives the same bytes.

    Examples
    --------
    >>> from eval_tools.forms.example import EXAMPLE
    >>> from eval_tools.forms.paper import lay_out
    >>> from eval_tools.forms.wording import find_wording
    >>> render_form_word(lay_out(EXAMPLE, find_wording(EXAMPLE, "zh-Hans")))[:2]
    b'PK'
    """
    words = FormWords(form.language)
    document = new_document(form.language, form.title)
    heading = document.add_heading(form.title, level=1)
    heading.paragraph_format.space_before = 0
    say(document, "  ·  ".join(form.facts), size=9, colour=QUIET)
    _identity(document, form, words)
    say(document, f"{BOX}  {form.consent}")
    for text, size in ((form.stem, 11.5), (form.how, 9.5), (form.note, 9.5)):
        if text:
            say(document, text, size=size, keep=True)
    for block in form.blocks:
        if isinstance(block, OpenBlock):
            _open_question(document, block)
        else:
            _answers(document, block, words)
    if form.comfort:
        say(document, f"{form.comfort} {'_' * 30}", before=6)
    say(document, form.end)
    for line in form.small:
        say(document, line, size=7, colour=QUIET)
    _footer(document, form.definition, words)
    return document_bytes(document)


def new_document(language: str, title: str) -> Document:
    """Begin a document with A4 paper, fonts for both scripts and its language set."""
    import docx
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt, RGBColor

    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(17)
    section.top_margin, section.bottom_margin = Mm(16), Mm(17)
    lang, region = REGIONS[language]
    for name in ("Normal", "Heading 1", "Heading 2", "Table Grid", "Footer", "List Bullet"):
        style = document.styles[name]
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for script in ("w:ascii", "w:hAnsi", "w:cs"):
            fonts.set(qn(script), LATIN_FONT)
        fonts.set(qn("w:eastAsia"), WORD_FONT[language])
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(theme), None)
    for name, size in (("Normal", 10.5), ("Heading 1", 17), ("Heading 2", 12)):
        font = document.styles[name].font
        font.size = Pt(size)
        if name != "Normal":
            font.bold, font.color.rgb = False, RGBColor.from_string(ACCENT)
    normal = document.styles["Normal"].element.get_or_add_rPr()
    mark = normal.find(qn("w:lang"))
    if mark is None:
        mark = normal.makeelement(qn("w:lang"), {})
        normal.append(mark)
    mark.set(qn("w:val"), "en-GB")
    mark.set(qn("w:eastAsia"), f"{lang}-{region}" if lang == "zh" else "zh-CN")
    properties = document.core_properties
    properties.title, properties.author, properties.language = title, "", f"{lang}-{region}"
    properties.comments = ""
    return document


def write_table(document: Document, rows: Sequence[Sequence[str]]) -> None:
    """Add a table whose first row is its heading, repeated on every page."""
    table = document.add_table(rows=0, cols=len(rows[0]))
    for y, texts in enumerate(rows):
        row = table.add_row()
        for cell, text in zip(row.cells, texts, strict=True):
            _write(cell, text, size=8.5 if y == 0 else 10)
            _border(cell, "bottom")
        _whole(row)
    _repeat(table.rows[0])
    say(document, "", size=4)


def say(
    document: Document,
    text: str,
    *,
    size: float = 10.5,
    colour: str = "",
    before: float = 0,
    keep: bool = False,
) -> Paragraph:
    """Add a paragraph."""
    from docx.shared import Pt, RGBColor

    paragraph = document.add_paragraph()
    run = paragraph.add_run(text)
    run.font.size = Pt(size)
    if colour:
        run.font.color.rgb = RGBColor.from_string(colour)
    layout = paragraph.paragraph_format
    layout.space_before, layout.space_after, layout.keep_with_next = Pt(before), Pt(3), keep
    return paragraph


def _identity(document: Document, form: PaperForm, words: FormWords) -> None:
    """Boxes for the number, with its check digits, and for the date."""
    number = ["", "", "", "", None, "", "", "", ""]
    date = ["", "", "", "", words("form.year"), "", "", words("form.month"), "", "", words("form.day")]
    for label, cells in ((words("form.id"), number), (words("form.date"), date)):
        table = document.add_table(rows=1, cols=len(cells) + 1)
        table.autofit = False
        _write(table.cell(0, 0), label)
        _width(table.cell(0, 0), 18)
        for cell, text in zip(table.rows[0].cells[1:], cells, strict=True):
            _width(cell, 3 if text is None else 7 if text == "" else 13)
            if text == "":
                _border(cell, "top", "bottom", "left", "right")
            _write(cell, text or "")
        say(document, "", size=3)
    if form.asks_age_and_sex:
        sexes = "    ".join(f"{BOX} {words(f'sex.{sex}')}" for sex in ("female", "male"))
        say(document, f"{words('form.age')}: ______      {words('form.sex')}:  {sexes}")


def _answers(document: Document, block: AnswerBlock, words: FormWords) -> None:
    if block.only_if:
        say(document, block.only_if, size=9.5, colour=ACCENT, before=4, keep=True)
    n = len(block.codes)
    wide = 9 if n > 7 else 16 if n > 5 else 20
    number_width = 12
    question_width = TEXT_WIDTH_MM - number_width - n * wide if not block.wordless else 30
    table = document.add_table(rows=1, cols=n + 2)
    table.autofit = False
    head = table.rows[0]
    _repeat(head)
    labels = [words("form.line"), "" if block.wordless else words("form.question"), *block.headings]
    for i, (cell, text) in enumerate(zip(head.cells, labels, strict=True)):
        _write(cell, text, size=8, centred=i > 1)
        _border(cell, "bottom")
    for k, line in enumerate(block.lines):
        row = table.add_row()
        _whole(row)
        cells = row.cells
        _write(cells[0], str(line.number))
        _write(cells[1], line.text)
        for cell, code in zip(cells[2:], block.codes, strict=True):
            _circle(cell, code)
        for cell in cells:
            _border(cell, "bottom")
            if k % 2:
                _shade(cell)
    widths = [number_width, question_width, *[wide] * n]
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            _width(cell, width)
    say(document, "", size=4)


def _open_question(document: Document, block: OpenBlock) -> None:
    say(document, f"{block.number}  {block.text}", before=4, keep=True)
    for i in range(3):
        say(document, "_" * 84, colour=QUIET, before=6, keep=i < 2)


def _circle(cell: _Cell, code: str) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt, RGBColor

    paragraph = cell.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.space_after = Pt(0)
    circle = paragraph.add_run(CIRCLE)
    circle.font.size = Pt(15)
    small = paragraph.add_run(f" {code}")
    small.font.size = Pt(6.5)
    small.font.color.rgb = RGBColor.from_string(QUIET)


def _write(cell: _Cell, text: str, *, size: float = 10.5, centred: bool = False) -> None:
    from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(2)
    paragraph.paragraph_format.space_before = Pt(2)
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.add_run(text).font.size = Pt(size)
    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER


def _width(cell: _Cell, millimetres: float) -> None:
    from docx.shared import Mm

    cell.width = Mm(millimetres)


def _border(cell: _Cell, *sides: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    properties = cell._tc.get_or_add_tcPr()
    borders = OxmlElement("w:tcBorders")
    for side in ("top", "left", "bottom", "right"):  # the order the format asks for
        if side in sides:
            line = OxmlElement(f"w:{side}")
            for key, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", QUIET)):
                line.set(qn(f"w:{key}"), value)
            borders.append(line)
    properties.insert_element_before(borders, "w:shd", *AFTER_SHADE)


def _shade(cell: _Cell) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shade = OxmlElement("w:shd")
    for key, value in (("val", "clear"), ("color", "auto"), ("fill", SHADE)):
        shade.set(qn(f"w:{key}"), value)
    cell._tc.get_or_add_tcPr().insert_element_before(shade, *AFTER_SHADE)


def _repeat(row: object) -> None:
    """Repeat a row at the top of every page, as a heading that readers of the screen are told of."""
    _flag(row, "w:tblHeader")


def _whole(row: object) -> None:
    """Keep a row on one page."""
    _flag(row, "w:cantSplit")


def _flag(row: object, name: str) -> None:
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement(name))  # type: ignore[attr-defined]


def _footer(document: Document, text: str, words: FormWords) -> None:
    """Put the definition and the page number at the foot of every page."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Pt

    paragraph = document.sections[0].footer.paragraphs[0]
    before, rest = words("form.page", page="\x01", pages="\x02").split("\x01")
    between, after = rest.split("\x02")
    for part in (f"{text}    {before}", "PAGE", between, "NUMPAGES", after):
        run = paragraph.add_run("" if part in ("PAGE", "NUMPAGES") else part)
        run.font.size = Pt(7.5)
        if part in ("PAGE", "NUMPAGES"):
            for kind in ("begin", None, "end"):
                if kind is None:
                    code = OxmlElement("w:instrText")
                    code.text = part
                    run._r.append(code)
                else:
                    mark = OxmlElement("w:fldChar")
                    mark.set(qn("w:fldCharType"), kind)
                    run._r.append(mark)


def document_bytes(document: Document) -> bytes:
    """Save a document; the times inside the archive are fixed, so that equal documents are equal bytes."""
    import datetime

    stamp = datetime.datetime(*LONG_AGO[:3])
    document.core_properties.created = document.core_properties.modified = stamp
    saved = io.BytesIO()
    document.save(saved)
    out = io.BytesIO()
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(zipfile.ZipInfo(entry.filename, LONG_AGO), old.read(entry), zipfile.ZIP_DEFLATED)
    return out.getvalue()
