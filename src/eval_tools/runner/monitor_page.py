"""The collection monitor as one page: no network, no script, readable by ear and on a telephone."""

from __future__ import annotations

from html import escape

from eval_tools.runner.monitor import Monitor, Sheet

WARNING = (
    "For the team only. This page shows small numbers of schools and must not be published, sent to others or kept "
    "longer than the collection lasts."
)
STYLE = """
body { font: 1rem/1.5 system-ui, "Noto Sans CJK SC", sans-serif; margin: 1.5rem auto; max-width: 72rem; padding: 0 1rem;
  color: #1a1a1a; background: #fff; }
h1 { font-size: 1.4rem; }
.warning { border-inline-start: .4rem solid #8a1c1c; padding: .5rem 1rem; background: #fbeeee; font-weight: 600; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 1.5rem 0; }
caption { text-align: start; font-weight: 600; padding: .3rem 0; }
th, td { padding: .25rem .75rem; border-bottom: 1px solid #767676; text-align: start; }
td.number, th.number { text-align: end; white-space: nowrap; font-variant-numeric: tabular-nums; }
"""


def as_page(monitor: Monitor) -> str:
    """Write the monitor as HTML."""
    told = "".join(f"<p>{escape(sentence)}</p>\n" for sentence in monitor.sentences)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex">\n'
        f"<title>{escape(monitor.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f'<h1>{escape(monitor.title)}</h1>\n<p class="warning" role="note">{WARNING}</p>\n{told}'
        f"{''.join(map(_table, monitor.sheets))}</main>\n</body>\n</html>\n"
    )


def _table(sheet: Sheet) -> str:
    label = escape(sheet.title)
    head = "".join(f'<th scope="col"{_kind(sheet, j)}>{escape(name)}</th>' for j, name in enumerate(sheet.header))
    rows = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td{_kind(sheet, j)}>{escape(cell)}</td>" for j, cell in enumerate(row[1:], start=1))
        + "</tr>\n"
        for row in sheet.rows
    )
    return (
        f'<div class="wide" role="region" aria-label="{label}" tabindex="0">\n<table>\n<caption>{label}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n"
    )


def _kind(sheet: Sheet, column: int) -> str:
    return ' class="number"' if column >= sheet.numeric_from else ""
