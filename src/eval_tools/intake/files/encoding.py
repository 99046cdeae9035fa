"""In which encoding a text file is written: as declared, or by a rule that refuses rather than guesses."""

from __future__ import annotations

import codecs

from eval_tools.intake.files.known_words import KNOWN_WORDS
from eval_tools.intake.files.sheet import ReceivedFile
from eval_tools.intake.findings import Findings

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before utf-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
CHINESE = ("gb18030", "big5hkscs")
_LOOK_AT = 200_000  # characters; in more of them a known word can arise by chance


def decode_text(received: ReceivedFile, *, encoding: str = "", findings: Findings) -> str | None:
    r"""Return the text of a file; None, with a finding, if its encoding does not hold or is not clear.

    Parameters
    ----------
    received : ReceivedFile
    encoding : str
        As declared; then it is checked strictly. '' applies the rule: a byte-order mark; else strict UTF-8; else
        the one of GB18030 and Big5 (HKSCS) in which more known words of questionnaires and platforms stand. Not
        one such word, or not twice as many as in the other, is refused.
    findings : Findings
        Wrong or unclear encoding, NUL characters; a note where another encoding than UTF-8 was found.

    Examples
    --------
    >>> from pathlib import Path
    >>> raw = "序号,提交答卷时间,1、性别\n".encode("gb18030")
    >>> findings = Findings()
    >>> decode_text(ReceivedFile(file="a.csv", path=Path("a.csv"), content=raw), findings=findings)
    '序号,提交答卷时间,1、性别\n'
    >>> print(*findings.table()["detail"])
    read as gb18030, which the file's own words show. | Declare encoding: gb18030 in study.yaml if you know it.
    """
    raw, file = received.content, received.file
    text = _declared(raw, encoding, file, findings) if encoding else _found(raw, file, findings)
    if text is not None and "\x00" in text:
        findings.add("nul_characters", "holds NUL characters. | Export the file again as CSV text.", file=file)
        return None
    return text


def _declared(raw: bytes, encoding: str, file: str, findings: Findings) -> str | None:
    try:
        return raw.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except (UnicodeDecodeError, LookupError) as error:
        row = raw[: error.start].count(b"\n") + 1 if isinstance(error, UnicodeDecodeError) else 0
        findings.add(
            "wrong_encoding",
            f"not {encoding.removesuffix('-sig')} from this row on. | Declare encoding: gb18030 (or big5hkscs, utf-16) "
            "for this file in study.yaml, or save it as UTF-8.",
            file=file,
            row=row,
        )
        return None


def _found(raw: bytes, file: str, findings: Findings) -> str | None:
    for mark, name in MARKS:
        if raw.startswith(mark):
            text = _declared(raw, name, file, findings)
            if text is not None and name != "utf-8-sig":
                findings.add(
                    "encoding_found", f"read as {name}, which its first bytes say.", severity="note", file=file
                )
            return text
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    readings = []
    for name in CHINESE:
        try:
            text = raw.decode(name)
        except UnicodeDecodeError:
            continue
        readings.append((count_known_words(text), name, text))
    readings.sort(reverse=True)
    words, best, text = readings[0] if readings else (0, "", "")
    if not words or (len(readings) > 1 and words < 2 * readings[1][0]):
        findings.add(
            "encoding_unclear",
            "not UTF-8, and the words in it do not tell whether it is GB18030 or Big5. | Declare encoding: gb18030 "
            "(or big5hkscs, utf-16, cp1252) for this file in study.yaml, or save it as UTF-8.",
            file=file,
        )
        return None
    findings.add(
        "encoding_found",
        f"read as {best}, which the file's own words show. | Declare encoding: {best} in study.yaml if you know it.",
        severity="note",
        file=file,
    )
    return text


def count_known_words(text: str) -> int:
    """Count the different known words that stand in a text.

    Examples
    --------
    >>> count_known_words("序号,性别"), count_known_words("ħţ")
    (2, 0)
    """
    start = text[:_LOOK_AT]
    return sum(word in start for word in KNOWN_WORDS)
