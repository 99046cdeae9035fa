"""Questions of a LimeSurvey form that somebody never came to: pages after the last one that was sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from eval_tools.intake.exports.limesurvey_form import LimeForm
from eval_tools.intake.exports.limesurvey_header import HeaderCell
from eval_tools.intake.findings import Findings, Severity, shorten
from eval_tools.intake.raw_table import SKIPPED


def mark_pages_not_reached(
    heads: Sequence[HeaderCell],
    form: LimeForm | None,
    cells: list[list[str]],
    rows: Sequence[int],
    *,
    file: str,
    findings: Findings,
) -> None:
    """Mark empty cells of unfinished records as not asked, where ``lastpage`` and the order of pages tell.

    The order comes from the timings of the groups in the export, if they agree with ``lastpage`` in every unfinished
    record; else from the structure, if it says that a group is a page in fixed order, or if ``lastpage`` of all
    finished records is the number of groups. Without a page sent, nothing was asked. Filled cells are never changed.
    """
    by_code = {head.code: j for j, head in reversed(list(enumerate(heads)))}
    last, submitted = by_code["lastpage"], by_code["submitdate"]
    unfinished = [i for i, record in enumerate(cells) if not record[submitted].strip()]
    reached = {i: _page(cells[i][last]) for i in unfinished}
    finished = {cells[i][last].strip() for i in range(len(cells)) if i not in reached}
    pages = _timed_pages(heads, cells, reached)
    if pages is None and form is not None and (form.paged or finished == {str(form.n_pages)}):
        pages = [form.columns[head.key].page if head.key in form.columns else 0 for head in heads]
    pages = _fill_between(pages or [0] * len(heads))
    answers = [j for j, head in enumerate(heads) if head.key]
    n_marked, ahead, unclear = 0, [], []
    for i, page in reached.items():
        if page is None:
            unclear.append(rows[i])
            continue
        later = [j for j in answers if page == 0 or pages[j] > page]
        for j in later:
            if not cells[i][j].strip():
                cells[i][j] = SKIPPED
                n_marked += 1
        if any(cells[i][j] != SKIPPED for j in later):
            ahead.append(rows[i])
    told: tuple[tuple[int, list[int], str, str, Severity], ...] = (
        (n_marked, [], "pages_not_reached", "empty cells on pages after the last one sent count as not asked", "note"),
        (
            len(ahead),
            ahead,
            "answers_ahead",
            "hold something on pages after the last one sent, perhaps preset; it is kept. | See whether a person "
            "answered it",
            "warning",
        ),
        (len(unclear), unclear, "last_page_unclear", "do not say which page was sent last", "note"),
    )
    for n, listed, rule, what, severity in told:
        if n:
            detail = f"rows {shorten(listed)} {what}" if listed else what
            findings.add(rule, detail, severity=severity, file=file, count=n)


def _page(text: str) -> int | None:
    """Return the last page sent, 0 for none, None where the cell does not tell (-1)."""
    stripped = text.strip()
    if not stripped:
        return 0
    return int(stripped) if re.fullmatch(r"\d{1,6}", stripped) else None


def _timed_pages(
    heads: Sequence[HeaderCell], cells: Sequence[Sequence[str]], reached: dict[int, int | None]
) -> list[int] | None:
    """Return the page of each column by the order of the timings; None where there are none or they disagree."""
    groups = [j for j, head in enumerate(heads) if re.fullmatch(r"groupTime\d+", head.code)]
    if not groups:
        return None
    for i, page in reached.items():
        if page is not None and any(bool(cells[i][j].strip()) != (n <= page) for n, j in enumerate(groups, start=1)):
            return None
    page_of: dict[str, int] = {}
    page = 0
    for j in range(groups[0], len(heads)):
        page += j in groups
        if heads[j].kind == "system" and heads[j].code.endswith("Time"):
            page_of.setdefault(heads[j].code.removesuffix("Time"), page)
    return [page_of.get(head.key[0], 0) if head.key else 0 for head in heads]


def _fill_between(pages: Sequence[int]) -> list[int]:
    """Give a column without a page that of its neighbours, if both sides have the same."""
    filled = list(pages)
    known = [j for j, page in enumerate(pages) if page]
    for left, right in pairwise(known):
        if pages[left] == pages[right]:
            filled[left:right] = [pages[left]] * (right - left)
    return filled
