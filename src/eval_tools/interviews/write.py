"""Write codings and codebooks in open formats, so that a team can move to another program."""

from __future__ import annotations

import uuid
from xml.sax.saxutils import escape, quoteattr

from eval_tools.interviews.gathered import Project
from eval_tools.spreadsheets import frame_csv

_SPACE = uuid.UUID("3f1d5b0e-6a39-5d0e-9b57-7b1f0f6a2c11")


def codings_as_csv(project: Project, *, words: bool = False) -> bytes:
    """Return the long sheet: one row a coding, in the columns that are read again; UTF-8 with a byte-order mark.

    Parameters
    ----------
    project : Project
    words : bool
        Whether to add what was said, which is never for publication.

    Examples
    --------
    >>> from eval_tools.interviews.gathered import Gathered, RawCode, RawCoding, finish
    >>> one = Gathered(texts={"talk": "I miss her."}, codes={"sad": RawCode(key="sad", name="sad")})
    >>> one.codings.append(RawCoding(source="talk", start=2, end=10, coder="Ann", code="sad"))
    >>> print(codings_as_csv(finish(one, file="x", format="x"), words=True).decode("utf-8-sig"))
    source,start,end,code,coder,weight,text
    talk,2,10,sad,Ann,,miss her
    """
    frame = project.codings[["source", "start", "end", "code", "coder", "weight"]]
    if words:
        places = zip(frame["source"], frame["start"], frame["end"], strict=True)
        frame = frame.assign(text=[project.texts.get(source, "")[start:end] for source, start, end in places])
    return frame_csv(frame)


def codebook_as_qdc(project: Project) -> bytes:
    """Return the codebook in the exchange format of QDA programs (REFI-QDA 1.0): groups, codes and descriptions.

    The same code has the same identifier every time.

    Examples
    --------
    >>> from eval_tools.interviews.gathered import Gathered, RawCode, finish
    >>> one = Gathered(codes={"sad": RawCode(key="sad", name="sad & lonely")})
    >>> b'name="sad &amp; lonely"' in codebook_as_qdc(finish(one, file="x", format="x"))
    True
    """
    book = project.codebook
    columns = (book[c].tolist() for c in ("code", "parent", "label", "codable", "description"))
    below: dict[str, list[tuple[str, str, bool, str]]] = {}
    for code, parent, label, codable, description in zip(*columns, strict=True):
        below.setdefault(parent, []).append((code, label, bool(codable), description))

    def codes(parent: str) -> str:
        pieces = []
        for code, label, codable, description in below.get(parent, []):
            inner = (f"<Description>{escape(description)}</Description>" if description else "") + codes(code)
            pieces.append(
                f'<Code guid="{uuid.uuid5(_SPACE, code)}" name={quoteattr(label)} '
                f'isCodable="{"true" if codable else "false"}">{inner}</Code>'
            )
        return "".join(pieces)

    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n<CodeBook xmlns="urn:QDA-XML:codebook:1.0" origin="eval_tools">'
        f"<Codes>{codes('')}</Codes></CodeBook>\n"
    )
    return text.encode("utf-8")
