"""Columns that look like personal data: by the words of their header, and by patterns in their cells; counts only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from datetime import date

from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import RawTable, plain

# Words of headers, in plain lower case; Latin words count only where they stand alone.
CHINESE_WORDS = (
    *("姓名", "名字", "电话", "電話", "手机", "手機", "微信", "身份证", "身分證", "邮箱", "郵箱", "电邮", "電郵"),
    *("住址", "地址", "昵称", "暱稱", "qq号", "qq號", "学籍号", "學籍號", "银行卡", "銀行卡", "提交者", "openid"),
)
LATIN_WORDS = re.compile(
    r"(?<![a-z])(name|first name|last name|surname|phone|mobile|telephone|e-?mail|wechat|weixin|address|nickname|"
    r"open_?id|ip|ip address|latitude|longitude|qq)(?![a-z])"
)
MOBILE = re.compile(r"(?<![0-9])(?:\+?86[- ]?)?1[3-9][0-9](?:[- ]?[0-9]{4}){2}(?![0-9])")
ID_CARD = re.compile(r"(?<![0-9])[1-9][0-9]{16}[0-9Xx](?![0-9A-Za-z])")
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
WECHAT = re.compile(
    r"wxid_[0-9a-z]{6,}|(?:微信|weixin|wechat|wx)[号號]?\s*[:：]?\s*[a-z][-_a-z0-9]{5,19}", re.IGNORECASE
)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"


def is_id_card(number: str) -> bool:
    """Say whether a text is the number of a mainland identity card: date of birth and check character are right.

    GB 11643-1999, which takes ISO 7064 MOD 11-2.

    Examples
    --------
    >>> is_id_card("11010519491231002X"), is_id_card("110105194912310021")
    (True, False)
    """
    text = number.upper()
    if not re.fullmatch(r"[1-9][0-9]{16}[0-9X]", text):
        return False
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text[:17], WEIGHTS, strict=True))
    return CHECK_CHARACTERS[total % 11] == text[17]


def kinds_in(text: str) -> frozenset[str]:
    """Say which kinds of personal data a text seems to hold; a mobile number within a longer number is none.

    Examples
    --------
    >>> sorted(kinds_in("call 138 0013 8000 or write to a.b@example.org"))
    ['e-mail address', 'mobile number']
    """
    normal = unicodedata.normalize("NFKC", text)
    found = set()
    if any(is_id_card(match.group()) for match in ID_CARD.finditer(normal)):
        found.add("identity card number")
    if MOBILE.search(normal):
        found.add("mobile number")
    if EMAIL.search(normal):
        found.add("e-mail address")
    if WECHAT.search(normal):
        found.add("WeChat name")
    return frozenset(found)


def names_a_person(header: str) -> bool:
    """Say whether a header asks for something that identifies.

    Examples
    --------
    >>> [names_a_person(header) for header in ("1、您的姓名：", "E-mail address", "shipping", "學校")]
    [True, True, False, False]
    """
    words = plain(header).lower()
    return any(word in words for word in CHINESE_WORDS) or LATIN_WORDS.search(words) is not None


def note_personal_columns(
    raw: RawTable, findings: Findings, *, handled: Collection[str] = (), questions: Collection[str] = ()
) -> None:
    """Note columns that seem to hold personal data and that nothing has been said about.

    Parameters
    ----------
    raw : RawTable
    findings : Findings
        One finding per column, with the kinds and the number of cells; never a cell.
    handled : collection of str
        Columns that become pseudonyms or are dropped before anything is written.
    questions : collection of str
        Columns of declared questionnaires: their header is a question, whose words are not judged; their cells are.
    """
    for index, name in enumerate(raw.header):
        if name in handled:
            continue
        counts: dict[str, int] = {}
        rows: set[int] = set()
        known: dict[str, frozenset[str]] = {}  # answers repeat; each text is looked at once
        for i, record in enumerate(raw.cells):
            text = record[index]
            if text not in known:
                known[text] = kinds_in(text)
            for kind in known[text]:
                counts[kind] = counts.get(kind, 0) + 1
                rows.add(i)
        if counts:
            told = ", ".join(f"{kind} in {n} cells" for kind, n in sorted(counts.items()))
            what = f"the column seems to hold personal data: {told}."
        elif name not in questions and names_a_person(name):
            what = "the header asks for something that identifies a person."
        else:
            continue
        findings.add(
            "personal_data",
            f"{what} | Declare the column as direct, so that it is dropped or becomes a pseudonym; ask the field team "
            "not to collect it.",
            severity="warning",
            file=raw.file,
            row=0,
            column=name,
            count=len(rows),
        )
