"""A paper form as PDF: A4, circles large enough for a child's pencil, every font inside the file."""

from __future__ import annotations

from eval_tools.forms.paper import ROWS_A_COLUMN, AnswerBlock, OpenBlock, PaperForm
from eval_tools.forms.typeset import typeset
from eval_tools.forms.words import CHINESE_FONT, REGIONS, FormWords


def render_form_pdf(form: PaperForm) -> bytes:
    """Set a form as PDF/UA-1; the same form gives the same bytes.

    Examples
    --------
    >>> from eval_tools.forms.example import EXAMPLE
    >>> from eval_tools.forms.paper import lay_out
    >>> from eval_tools.forms.wording import find_wording
    >>> render_form_pdf(lay_out(EXAMPLE, find_wording(EXAMPLE, "zh-Hant")))[:5]
    b'%PDF-'
    """
    words = FormWords(form.language)
    person = [
        {"label": words("form.age"), "boxes": 2, "options": []},
        {"label": words("form.sex"), "boxes": 0, "options": [words("sex.female"), words("sex.male")]},
    ]
    return typeset(
        "form.typ",
        {
            **page_frame(words),
            "title": form.title,
            "facts": list(form.facts),
            "person": person if form.asks_age_and_sex else [],
            "consent": form.consent,
            "stem": form.stem,
            "how": form.how,
            "note": form.note,
            "blocks": [_block(block) for block in form.blocks],
            "comfort": form.comfort,
            "end": form.end,
            "small": list(form.small),
            "definition": form.definition,
            "line_label": words("form.line"),
            "question_label": words("form.question"),
        },
    )


def page_frame(words: FormWords) -> dict[str, object]:
    """Return what every page of ours needs: fonts, language, words of the header and footer."""
    lang, region = REGIONS[words.language]
    return {
        "fonts": [CHINESE_FONT[words.language]],
        "lang": lang,
        "region": region,
        "page": words("form.page", page="\x01", pages="\x02"),
        "id_label": words("form.id"),
        "date_label": words("form.date"),
        "year": words("form.year"),
        "month": words("form.month"),
        "day": words("form.day"),
    }


def _block(block: AnswerBlock | OpenBlock) -> dict[str, object]:
    if isinstance(block, OpenBlock):
        return {"kind": "open", "number": block.number, "text": block.text}
    return {
        "kind": "answers",
        "wordless": block.wordless,
        "columns": _columns(block),
        "rows_a_column": ROWS_A_COLUMN,
        "only_if": block.only_if,
        "options": list(block.headings),
        "codes": list(block.codes),
        "rows": [{"number": line.number, "text": line.text} for line in block.lines],
    }


def _columns(block: AnswerBlock) -> int:
    """Set the lines of an answer sheet side by side, where they are short."""
    if not block.wordless or len(block.lines) < 10:
        return 1
    return {2: 4, 3: 3}.get(len(block.codes), 2 if len(block.codes) <= 5 else 1)
