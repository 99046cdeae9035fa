"""Fonts of the figures: one collection holds every Chinese character, in Traditional and Simplified form.

The collection comes with the package ``noto-cjk-sans-otc`` and is handed to matplotlib directly, so a
figure looks the same on every machine and no system setting is touched.
"""

from __future__ import annotations

import importlib
import threading
from functools import cache

from matplotlib import font_manager

from eval_tools.errors import EvalToolsError, Problem, UnknownNames

LATIN = "DejaVu Sans"  # comes with matplotlib
CHINESE = {"zh-Hant": "Noto Sans CJK TC", "zh-Hans": "Noto Sans CJK SC"}
LANGUAGES = ("en", *CHINESE)

_registering = threading.Lock()


def font_family(language: str) -> list[str]:
    """Name the fonts for a language, in the order in which a character is looked for.

    English does without the Chinese collection if there is none; Chinese does not.

    Raises
    ------
    UnknownNames
        If figures are not drawn in this language.
    EvalToolsError
        If the language is Chinese and no Chinese font is found.

    Examples
    --------
    >>> font_family("zh-Hant")
    ['Noto Sans CJK TC', 'DejaVu Sans']
    """
    if language not in LANGUAGES:
        raise UnknownNames("language", missing=[language], known=LANGUAGES, where="figure")
    if language in CHINESE:
        register_fonts()
        return [CHINESE[language], LATIN]
    try:
        register_fonts()
    except EvalToolsError:
        return [LATIN]
    return [LATIN, CHINESE["zh-Hant"]]


@cache
def register_fonts() -> tuple[str, ...]:
    """Make the Chinese fonts known to matplotlib, once, and return their names.

    Raises
    ------
    EvalToolsError
        If neither the package nor an installed Noto Sans CJK is there.
    """
    with _registering:
        packaged = _packaged_file()
        if packaged is not None:
            _add_first(packaged)
    names = {font.name for font in font_manager.fontManager.ttflist}
    if not names.issuperset(CHINESE.values()):
        raise EvalToolsError(
            Problem(
                "figure",
                "no font with Chinese characters was found.",
                "Install one: pip install noto-cjk-sans-otc (or the system's Noto Sans CJK fonts).",
            )
        )
    return tuple(sorted(name for name in names if name.startswith("Noto Sans CJK")))


def _packaged_file() -> str | None:
    try:
        package = importlib.import_module("noto_cjk_sans_otc")
    except ImportError:
        return None
    return str(package.FONT_PATH)


def _add_first(path: str) -> None:
    """Put the faces of a collection before installed ones of the same name, which may be another version."""
    fonts = font_manager.fontManager.ttflist
    if any(font.fname == path for font in fonts):
        return
    n_installed = len(fonts)
    font_manager.fontManager.addfont(path)
    fonts[:] = fonts[n_installed:] + fonts[:n_installed]
