"""Pages as PDF through Typst: our own templates, the Chinese fonts of a package, nothing from the network."""

from __future__ import annotations

import importlib
import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from eval_tools.errors import EvalToolsError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    import typst


def typeset(template: str, data: Mapping[str, object]) -> bytes:
    """Set a template with its data as PDF/UA-1; the same data give the same bytes.

    Raises
    ------
    EvalToolsError
        If the Chinese fonts are not installed, or a text cannot be set.
    """
    import typst

    source = (resources.files("eval_tools.forms") / "templates" / template).read_bytes()
    try:
        pages = _compiler().compile(
            source, format="pdf", sys_inputs={"data": json.dumps(data, ensure_ascii=False)}, pdf_standards=["ua-1"]
        )
    except typst.TypstError as error:
        raise EvalToolsError(Problem(template, "the page could not be set.", str(error).splitlines()[0])) from error
    if not isinstance(pages, bytes):
        raise EvalToolsError(Problem(template, "the page could not be set.", "Typst returned no document."))
    return pages


@cache
def _compiler() -> typst.Compiler:
    import typst

    return typst.Compiler(font_paths=typst.Fonts(include_system_fonts=False, font_paths=[str(font_folder())]))


def font_folder() -> Path:
    """Return the folder that holds the fonts with Chinese characters.

    Raises
    ------
    EvalToolsError
        If the package with the fonts is not installed.
    """
    try:
        package = importlib.import_module("noto_cjk_sans_otc")
    except ImportError:
        raise EvalToolsError(
            Problem("form", "no font with Chinese characters was found.", "pip install noto-cjk-sans-otc")
        ) from None
    return Path(package.FONT_PATH).parent
