"""XML (such as LimeSurvey's .lss) without entities, with limits on size, depth and number of elements."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from eval_tools.intake.files.sheet import ReceivedFile
from eval_tools.intake.findings import Findings

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_BYTES = 50_000_000
MAX_DEPTH = 100
MAX_ELEMENTS = 2_000_000


def read_xml(received: ReceivedFile, *, findings: Findings) -> Element | None:
    """Parse an XML file; None, with a finding, if it is not well formed, too large, or declares entities.

    Examples
    --------
    >>> from pathlib import Path
    >>> received = ReceivedFile(file="a.lss", path=Path("a.lss"), content=b"<document><row/></document>")
    >>> read_xml(received, findings=Findings()).tag
    'document'
    """
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, iterparse

    file, root, depth, n = received.file, None, 0, 0
    if received.n_bytes > MAX_BYTES:
        findings.add("file_too_large", f"larger than {MAX_BYTES:,} bytes. | Is it the right file?", file=file)
        return None
    try:
        for event, element in iterparse(io.BytesIO(received.content), events=("start", "end"), forbid_dtd=True):
            if event == "end":
                depth -= 1
                continue
            root = element if root is None else root
            depth, n = depth + 1, n + 1
            if depth > MAX_DEPTH or n > MAX_ELEMENTS:
                findings.add("xml_too_deep", "is nested too deeply or too large. | Is it the right file?", file=file)
                return None
    except DefusedXmlException:
        findings.add(
            "xml_unsafe", "declares a document type or entities, which are not read. | Export again.", file=file
        )
        return None
    except (ParseError, ValueError, LookupError) as error:
        row = getattr(error, "position", (0, 0))[0]
        findings.add("not_xml", "is not well-formed XML. | Export the file again.", file=file, row=row)
        return None
    return root
