"""The commands ``eval-tools interviews …``: how far coders agree, and what to talk about.

Exit codes are those of :mod:`eval_tools.runner.command`. What is written holds places and names of coders, no words
of anybody, but it is still not for publication.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from eval_tools.interviews.gathered import Project
    from eval_tools.interviews.read import Reading
    from eval_tools.interviews.unit_table import UnitTable

UNITS = ("sentence", "turn", "paragraph", "document", "person", "character", "given")


def add_interviews(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe every command and option."""
    parser = commands.add_parser(
        "interviews",
        help="compare the codings of interviews",
        description="Read coded interviews of any known format and compare their coders.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    agreement = actions.add_parser(
        "agreement",
        help="say how far coders agree, by code",
        description="Say how far coders agree, by code, with intervals that draw people. Formats: REFI-QDA (.qdpx), "
        "QualCoder, Taguette, Word comments, sheets (.xlsx, .csv), Label Studio, UIMA CAS, RQDA.",
    )
    agreement.add_argument("paths", metavar="PATH", nargs="+", help="a project, or one file for each coder")
    agreement.add_argument("--unit", default="sentence", help=f"one of {', '.join(UNITS)}; default: sentence")
    agreement.add_argument(
        "--overlap", type=float, default=0.0, help="share of a unit that must be coded; default: any part"
    )
    agreement.add_argument("--coder", default="", help="whose file it is, where it does not say")
    agreement.add_argument(
        "--same", action="append", default=[], metavar="A=B", help="coder A is coder B; may be repeated"
    )
    agreement.add_argument("--blank", default="", help="what an empty cell of a sheet means: nothing, or not assigned")
    agreement.add_argument("--encoding", default="utf-8", help="utf-8, utf-16, gb18030 or big5hkscs; for CSV")
    agreement.add_argument("--counting", default="", help="what positions count, where several ways fit")
    agreement.add_argument("--headings", action="store_true", help="in Word, each heading begins another interview")
    agreement.add_argument("--project", default="", help="name of the project in a Taguette database of several")
    agreement.add_argument("--layer", default="", help="layer of annotations in UIMA files")
    for name, what in (
        ("texts", "folder with the documents as .txt"),
        ("units", "sheet of units: unit, source, start, end"),
        ("cases", "sheet of people: source, case, wave, role"),
        ("assignments", "sheet of who was to code what: source, coder"),
        ("codebook", ".qdc, or sheet: code, parent, description"),
    ):
        agreement.add_argument(f"--{name}", default="", help=what)
    agreement.add_argument("--seed", type=int, default=1, help="of the draws; default: 1")
    agreement.add_argument("--csv", default="", help="file for the whole table")
    agreement.add_argument("--disagreements", default="", help="file for the list of units to talk about")


def run_interviews(options: argparse.Namespace) -> int:
    """Run one of the commands and return its exit code."""
    from eval_tools.interviews.agreement import compare_coders, list_disagreements
    from eval_tools.interviews.read import read_interviews
    from eval_tools.interviews.rubrics import compare_raters
    from eval_tools.interviews.unit_table import unit_table

    project = read_interviews([Path(path) for path in options.paths], _told(options))
    table = unit_table(project, options.unit, overlap=options.overlap)
    found = compare_coders(table, project, rng=options.seed)
    sys.stdout.write(_page(project, table, found) + "\n")
    raters = compare_raters(project, rng=options.seed)
    if len(raters):
        sys.stdout.write("\n" + _points(raters) + "\n")
    disagreements = list_disagreements(table)
    for path, frame in ((options.csv, found), (options.disagreements, disagreements)):
        if path:
            _write(Path(path), frame)
    return 0


def _told(options: argparse.Namespace) -> Reading:
    from eval_tools.errors import DefinitionError, Problem, UnknownNames
    from eval_tools.interviews.read import Reading

    pairs = [pair.partition("=") for pair in options.same]
    if any(not (a and sign and b) for a, sign, b in pairs):
        raise DefinitionError(Problem("--same", "is not of the form A=B.", "Write --same li@example.org=Li."))
    if options.blank not in ("", "nothing", "not assigned"):
        raise UnknownNames("meaning", missing=[options.blank], known=("nothing", "not assigned"), where="--blank")
    beside = {
        name: Path(value)
        for name in ("texts", "units", "cases", "assignments", "codebook")
        if (value := getattr(options, name))
    }
    return Reading(
        coder=options.coder,
        coders={a: b for a, _, b in pairs},
        counting=options.counting,
        blank=options.blank or None,
        encoding=options.encoding,
        documents="heading" if options.headings else "file",
        project=options.project,
        layer=options.layer,
        **beside,
    )


def _write(path: Path, frame: pd.DataFrame) -> None:
    from eval_tools.spreadsheets import frame_csv, write_whole

    write_whole(path, frame_csv(frame))
    sys.stdout.write(f"{path}\n")


def _page(project: Project, table: UnitTable, found: pd.DataFrame) -> str:
    """Set everything for reading: what was compared, codes, groups, pairs, parts, notes."""
    from eval_tools.forms.text_table import text_table

    twice = int(found.loc[found["view"] == "code", "n_coded_twice"].max())
    documents = len(set(project.assignments["source"]))
    people = len(set(table.people))
    of = f"{people} people" if table.people_known else "people not known, each document taken for another one"
    parts = [
        f"{project.format}: {documents} documents, {of}; coders: {', '.join(table.coders)}.",
        f"Unit: {table.unit}. {len(table.sources)} units, {twice} of them coded by two coders or more.",
        "",
        _by_code(found[found["view"] == "code"]),
    ]
    groups = found[found["view"] == "parent"]
    if len(groups):
        parts += ["", "Groups of codes (any code of the group):", _by_code(groups)]
    whole = found[found["view"] == "all"].iloc[0]
    parts += ["", f"All codes of a unit together (alpha, MASI distances): {_number(whole['estimate'])}"]
    pairs = found[(found["view"] == "pair") & (found["coefficient"] == "cohen")]
    if len(pairs):
        names = [f"{a} / {b}" for a, b in zip(pairs["first"], pairs["second"], strict=True)]
        wide = pairs.assign(_pair=names).pivot(index="code", columns="_pair", values="estimate")
        wide = wide.reindex(list(dict.fromkeys(pairs["code"])))
        rows = [[str(code), *map(_number, values)] for code, values in zip(wide.index, wide.to_numpy(), strict=True)]
        parts += ["", "Cohen's kappa by pair:", text_table(["code", *map(str, wide.columns)], rows)]
    drift = found[(found["view"] == "part") & (found["coefficient"] == "krippendorff")]
    if len(drift):
        wide = drift.pivot(index="code", columns="part", values="estimate").reindex(list(dict.fromkeys(drift["code"])))
        rows = [[str(code), *map(_number, values)] for code, values in zip(wide.index, wide.to_numpy(), strict=True)]
        parts += ["", "Alpha in the first, second and last third of the documents:"]
        parts.append(text_table(["code", *[f"part {p}" for p in wide.columns]], rows))
    parts += ["", *(f"- {note.what}{f' ({note.count})' if note.count > 1 else ''}" for note in project.notes)]
    parts.append("- intervals (95 %) draw whole interviews; read alpha and AC1 together with the share of yes")
    return "\n".join(parts)


_STATUS = {
    "no_pairs": "no unit coded by two",
    "one_category": "not estimable: nobody, or everybody, used it",
    "no_disagreement": "no disagreement",
    "one_unit": "one unit only",
    "too_few_clusters": "too few people for an interval",
    "undefined_resamples": "too few people with this code for an interval",
}


def _by_code(rows: pd.DataFrame) -> str:
    from eval_tools.forms.text_table import text_table

    lines = []
    for code in dict.fromkeys(rows["code"]):
        by = {str(r["coefficient"]): r for _, r in rows[rows["code"] == code].iterrows()}
        alpha, gwet = by["krippendorff"], by["gwet"]
        lines.append(
            [
                str(code),
                str(alpha["used"]),
                _percent(alpha["prevalence"]),
                _percent(by["percent"]["estimate"]),
                _percent(alpha["positive"]),
                _with_interval(alpha),
                _with_interval(gwet),
                str(alpha["band"]) or _STATUS.get(str(alpha["status"]), ""),
            ]
        )
    head = ["code", "yes", "share", "agree", "agree on yes", "alpha", "AC1", "alpha is, with a probability of .95"]
    return text_table(head, lines)


def _points(raters: pd.DataFrame) -> str:
    """Set how far coders agree on the points they gave, document by document."""
    from eval_tools.forms.text_table import text_table

    lines = []
    for code in dict.fromkeys(raters["code"]):
        mine = raters[raters["code"] == code]
        by = {str(r["measure"]): r for _, r in mine[mine["coder"] == ""].iterrows()}
        means = mine[mine["measure"] == "mean"]
        severity = ", ".join(f"{c} {_number(v)}" for c, v in zip(means["coder"], means["estimate"], strict=True))
        lines.append(
            [
                str(code),
                str(by["alpha_ordinal"]["n_units"]),
                _with_interval(by["alpha_ordinal"]),
                _with_interval(by["icc_a_1"]),
                _percent(by["exact"]["estimate"]),
                _percent(by["within_one"]["estimate"]),
                severity,
            ]
        )
    head = ["code", "documents", "alpha, ordinal", "ICC(A,1)", "equal", "within 1", "means"]
    return "Points given with codes, document by document:\n" + text_table(head, lines)


def _with_interval(row: pd.Series) -> str:
    if row["ci_low"] != row["ci_low"]:
        return _number(row["estimate"])
    return f"{_number(row['estimate'])} [{_number(row['ci_low'])}, {_number(row['ci_high'])}]"


def _number(value: float) -> str:
    return "–" if value != value else f"{value:.2f}".replace("-", "−")


def _percent(value: float) -> str:
    return "–" if value != value else f"{100 * value:.0f} %"
