"""The commands ``eval-tools questionnaires …``: choose, check, print, deploy, score, document.

What a definition makes is written below ``local/``, which is not under version control: it may hold licensed
wording or numbers of children. Exit codes are those of :mod:`eval_tools.runner.command`.
"""

from __future__ import annotations

import argparse
import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eval_tools.errors import Problem
    from eval_tools.forms.answer_sheet import AnswerSheet
    from eval_tools.forms.scored_sheet import ScoredSheet
    from eval_tools.forms.wording import Wording
    from eval_tools.instruments.instrument import Instrument
    from eval_tools.scoring.csv_codes import CsvLayout
    from eval_tools.studies.workbench import Workbench

LANGUAGES = ("en", "zh-Hant", "zh-Hans")
LOCAL = "local"
FORMATS = ("pdf", "docx")


def add_questionnaires(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe every command and option."""
    parser = commands.add_parser(
        "questionnaires",
        help="choose, check, print, deploy, score and document questionnaires",
        description="Everything that follows from the definition of a questionnaire.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, what: str, *, language: str = "en") -> argparse.ArgumentParser:
        added = actions.add_parser(name, help=what, description=what[0].upper() + what[1:] + ".")
        if language:
            added.add_argument(
                "--language", default=language, help=f"one of {', '.join(LANGUAGES)}; default: {language}"
            )
        return added

    action("list", "list the questionnaires of the library")
    show = action("show", "show what stands behind one questionnaire: key, bands, licence, standing")
    check = action("check", "check definitions and local wording, and say what to know before use", language="")
    score = action("score", "score a CSV, XLSX or Parquet file with one row for each form")
    codebook = action("codebook", "write the codebook: HTML in three languages, DDI, table schema", language="")
    form = action("form", "write the paper form as PDF or Word")
    xlsform = action("xlsform", "write an XLSForm for KoBoToolbox or ODK", language="")
    wording = action("wording", "write an empty local file for wording a team holds a licence for")
    pack = action("pack", "put together the forms, sheets and numbers of a wave", language="")
    docs = action("docs", "write the page of every questionnaire", language="")

    for parser_of_one in (show, codebook, form, xlsform, wording):
        parser_of_one.add_argument("questionnaire", metavar="ID", help="id of a questionnaire, see list")
    check.add_argument("what", metavar="FILE", nargs="?", default="", help="a definition, a local file, or an id")
    score.add_argument(
        "file", metavar="FILE", help="the answers: .csv or .xlsx, names of the columns in row 1; or .parquet"
    )
    score.add_argument("--questionnaire", metavar="ID", required=True, help="id of the questionnaire, see list")
    score.add_argument(
        "--out", default="", help="file of the scores; default: FILE with .scores.csv or .scores.parquet"
    )
    score.add_argument("--columns", default="", help='names of the columns, as "q{n}"; default: found by itself')
    score.add_argument("--id", default="", help="column of the number of the child")
    score.add_argument("--age", default="", help="column of the age in years")
    score.add_argument("--sex", default="", help="column of the sex")
    score.add_argument("--blank", action="append", default=[], help="a mark that means not answered; may be repeated")
    score.add_argument("--encoding", default="utf-8", help="utf-8, utf-16, gb18030 or big5hkscs; for CSV")
    score.add_argument("--partial", action="store_true", help="questions without a column count as not answered")
    score.add_argument("--same-day", default="", help="file for the rows that a person must look at")
    form.add_argument("--format", default="pdf", choices=FORMATS, help="default: pdf")
    xlsform.add_argument("--language", action="append", default=[], help="may be repeated; default: all with wording")
    xlsform.add_argument("--permission", default="", help="reference of the holder's agreement to an electronic form")
    pack.add_argument("study", metavar="STUDY", help="folder under data_raw/")
    pack.add_argument("--wave", required=True, help="id of a wave in study.yaml")
    pack.add_argument("--children", type=int, default=0, help="how many printed numbers the study needs altogether")
    for parser_of_file in (form, xlsform):
        parser_of_file.add_argument("--out", default="", help="file to write; default: below local/forms/")
    codebook.add_argument("--out", default="", help="folder to write to; default: local/forms/")
    pack.add_argument("--out", default="", help="folder to write to; default: local/packs/STUDY/WAVE/")
    docs.add_argument("--out", default="", help="folder to write to; default: docs/questionnaires/")


def run_questionnaires(options: argparse.Namespace) -> int:
    """Run one of the commands and return its exit code."""
    from eval_tools.forms.words import check_language
    from eval_tools.studies.workbench import find_workbench

    asked = getattr(options, "language", None) or []
    for language in [asked] if isinstance(asked, str) else asked:
        check_language(language)
    return {
        "list": _list,
        "show": _show,
        "check": _check,
        "score": _score,
        "codebook": _codebook,
        "form": _form,
        "xlsform": _xlsform,
        "wording": _wording,
        "pack": _pack,
        "docs": _docs,
    }[options.action](options, find_workbench())


def _one(bench: Workbench, name: str) -> Instrument:
    from eval_tools.instruments.load import load_instruments

    return load_instruments(bench.questionnaires, [name])[name]


def _all(bench: Workbench) -> Mapping[str, Instrument]:
    from eval_tools.instruments.load import load_instruments

    return load_instruments(bench.questionnaires)


def _local(bench: Workbench) -> Path:
    return bench.root / LOCAL


def _wordings(instrument: Instrument, bench: Workbench, languages: Sequence[str] = LANGUAGES) -> dict[str, Wording]:
    from eval_tools.forms.wording import find_wording

    return {language: find_wording(instrument, language, local=_local(bench)) for language in languages}


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _shown(path: Path, bench: Workbench) -> str:
    return path.relative_to(bench.root).as_posix() if path.is_relative_to(bench.root) else str(path)


def _write(path: Path, content: bytes, bench: Workbench) -> None:
    from eval_tools.spreadsheets import write_whole

    write_whole(path, content)
    _say(_shown(path, bench))


# --- choose and check ------------------------------------------------------------------------------------------


def _list(options: argparse.Namespace, bench: Workbench) -> int:
    from eval_tools.forms.catalogue import Entry, list_entries
    from eval_tools.forms.text_table import text_table
    from eval_tools.forms.words import FormWords

    words = FormWords(options.language)
    names = ("id", "title", "informant", "ages", "items", "minutes", "licence", "standing")
    head = [words(f"list.column.{name}") for name in names]
    entries: tuple[Entry, ...] = list_entries(_all(bench), options.language)
    _say(text_table(head, [[str(getattr(entry, name)) for name in names] for entry in entries]))
    return 0


def _show(options: argparse.Namespace, bench: Workbench) -> int:
    from eval_tools.forms.catalogue import show

    _say(show(_one(bench, options.questionnaire), options.language, local=_local(bench)))
    return 0


def _check(options: argparse.Namespace, bench: Workbench) -> int:
    if not options.what:
        return _check_all(bench)
    path = Path(options.what)
    if path.suffix == ".csv":
        return _check_local(path, bench)
    from eval_tools.errors import UnknownNames
    from eval_tools.forms.catalogue import warnings_for
    from eval_tools.instruments.load import load_instrument

    if path.suffix in (".yaml", ".yml"):
        instrument = load_instrument(path.resolve(), root=bench.root)
    else:
        known = sorted(file.stem for file in bench.questionnaires.glob("*/*.yaml"))
        if options.what not in known:
            raise UnknownNames("questionnaire", missing=[options.what], known=known, where="questionnaires")
        instrument = _one(bench, options.what)
    warnings = warnings_for(instrument, _wordings(instrument, bench))
    vectors = len(instrument.test_vectors)
    _say(f"{instrument.file}: no problem; {len(instrument.items)} items, {vectors} test vectors hold.")
    _report("To know before use", warnings)
    return 0


def _check_all(bench: Workbench) -> int:
    from eval_tools.errors import DefinitionError
    from eval_tools.forms.catalogue import summarise_warnings
    from eval_tools.forms.wording import check_overlays

    instruments = _all(bench)
    overlays = check_overlays(_local(bench), instruments)
    _say(f"{len(instruments)} questionnaires: no problem. {overlays.n_files} local files of wording.")
    _report("Errors in local files", overlays.errors)
    _report("Missing in local files", overlays.missing)
    _say("")
    wordings = {} if overlays.errors else {name: _wordings(i, bench) for name, i in instruments.items()}
    for name, instrument in instruments.items():
        _say(f"{name}: {summarise_warnings(instrument, wordings.get(name))}.")
    return DefinitionError.exit_code if overlays.errors else 0


def _check_local(path: Path, bench: Workbench) -> int:
    from eval_tools.errors import DefinitionError, Problem
    from eval_tools.forms.wording import check_overlays

    if path.resolve().parent != _local(bench).resolve() or not path.is_file():
        remedy = f"Put it into {LOCAL}/ as <id>.<language>.csv."
        raise DefinitionError(Problem(path.name, f"no file of wording in {LOCAL}/.", remedy))
    found = check_overlays(_local(bench), _all(bench), only=path.name)
    _report("Errors", found.errors)
    _report("Missing", found.missing)
    if not found.errors and not found.missing:
        _say(f"{LOCAL}/{path.name}: complete.")
    return DefinitionError.exit_code if found.errors else 0


def _report(title: str, problems: Sequence[Problem]) -> None:
    if problems:
        _say("\n".join(["", f"{title} ({len(problems)}):", *(f"  {p}".replace("\n", "\n  ") for p in problems)]))


# --- score -----------------------------------------------------------------------------------------------------


def _score(options: argparse.Namespace, bench: Workbench) -> int:
    from eval_tools.errors import DefinitionError, Problem, UnknownNames
    from eval_tools.forms.answer_sheet import read_answers
    from eval_tools.forms.scored_sheet import phrase_scoring, same_day_rows, score_rows
    from eval_tools.forms.typed_table import ENCODINGS, MAX_BYTES, read_typed_table
    from eval_tools.forms.words import FormWords
    from eval_tools.spreadsheets import write_csv

    if options.encoding not in ENCODINGS:
        raise UnknownNames("encoding", missing=[options.encoding], known=ENCODINGS, where="--encoding")
    source = Path(options.file)
    in_batches = source.suffix.lower() == ".parquet" or (
        source.suffix.lower() == ".csv" and source.is_file() and source.stat().st_size > MAX_BYTES
    )
    target = Path(options.out) if options.out else source.with_suffix(f".scores{'.parquet' if in_batches else '.csv'}")
    wanted = [target, *([Path(options.same_day)] if options.same_day else [])]
    for path in wanted:
        if path.resolve() == source.resolve() or len({p.resolve() for p in wanted}) < len(wanted):
            raise DefinitionError(Problem("--out", "one file would overwrite another.", "Name different files."))
        if path.resolve().is_relative_to(bench.reports.resolve()):
            what = "rows of single people never lie under reports/."
            raise DefinitionError(Problem("--out", what, "Name a file elsewhere."))
    instrument = _one(bench, options.questionnaire)
    if in_batches:
        _score_in_batches(options, source, target, instrument)
        _say(FormWords(options.language)("score.written", file=_shown(target, bench)))
        return 0
    sheet = read_answers(
        read_typed_table(source, encoding=options.encoding),
        instrument,
        columns=options.columns,
        id_column=options.id,
        age_column=options.age,
        sex_column=options.sex,
        blank=options.blank,
        partial=options.partial,
    )
    scored = score_sheet(sheet, instrument)
    words = FormWords(options.language)
    write_csv(target, *score_rows(scored, instrument, options.language))
    _say(phrase_scoring(scored, instrument, options.language))
    if options.same_day:
        write_csv(Path(options.same_day), ("row", "when"), same_day_rows(scored))
        _say(words("score.critical.written", file=options.same_day))
    _say(words("score.written", file=_shown(target, bench)))
    return 0


def _score_in_batches(options: argparse.Namespace, source: Path, target: Path, instrument: Instrument) -> None:
    """Score a Parquet file or a large CSV file; its columns are found as those of a typed file are."""
    from eval_tools.errors import DefinitionError, Problem
    from eval_tools.forms.answer_sheet import FEMALE, MALE, read_answers
    from eval_tools.forms.scored_sheet import Noted, phrase_batches
    from eval_tools.forms.typed_table import TypedTable
    from eval_tools.scoring.batches import column_names, score_csv, score_parquet
    from eval_tools.scoring.csv_codes import csv_columns

    if options.same_day or options.blank:
        what = "--same-day and --blank are for typed files, and this is a Parquet file or a very large one."
        remedy = "Leave them out: empty cells are blanks; for answers of the same day, use a CSV or XLSX file."
        raise DefinitionError(Problem(source.name, what, remedy))
    if source.suffix.lower() == ".csv" and target.suffix.lower() == ".csv":
        raise DefinitionError(Problem("--out", "a file of this size is scored into Parquet.", "Name it .parquet."))
    layout = _layout_of(source, options.encoding) if source.suffix.lower() == ".csv" else None
    header = column_names(source) if layout is None else csv_columns(source, layout)
    head = TypedTable(file=source.name, header=header, cells=(), rows=())
    sheet = read_answers(
        head,
        instrument,
        columns=options.columns,
        id_column=options.id,
        age_column=options.age,
        sex_column=options.sex,
        partial=options.partial,
    )
    known = {"female": FEMALE, "male": MALE}
    score = score_parquet if layout is None else functools.partial(score_csv, layout=layout)
    report = score(
        source,
        target,
        instrument,
        columns=sheet.columns,
        keep=[sheet.about["id"]] if "id" in sheet.about else [],
        age=sheet.about.get("age"),
        sex=sheet.about.get("sex"),
        sexes={
            written: sex for sex, words in known.items() for w in words for written in (w, w.upper(), w.capitalize())
        },
        allow_absent=options.partial,
    )
    notes = [Noted(rule=note.rule, scale=note.scale, count=note.count, n=note.n) for note in report.notes]
    _say(
        phrase_batches(
            sheet, instrument, options.language, n_forms=report.n_forms, statuses=report.statuses, notes=notes
        )
    )


def _layout_of(source: Path, encoding: str) -> CsvLayout:
    """Find what separates the cells of a large CSV file, from its first rows."""
    from eval_tools.errors import DataError, Problem
    from eval_tools.intake.files.delimited import find_separator
    from eval_tools.scoring.csv_codes import CsvLayout

    with source.open("rb") as file:
        start = file.read(1 << 20).decode(encoding, errors="ignore").removeprefix("\ufeff")
    separator = find_separator(start)
    if not separator:
        what = "it is not clear which character separates the cells."
        raise DataError(Problem(f"{source.name}, row 1", what, "Save it with commas."))
    return CsvLayout(separator=separator, encoding=encoding)


def score_sheet(sheet: AnswerSheet, instrument: Instrument) -> ScoredSheet:
    """Score the answers of a typed file; critical answers are found on the raw answers, apart from every score."""
    import numpy as np
    import pandas as pd

    from eval_tools.forms.scored_sheet import Noted, ScaleResult, ScoredSheet
    from eval_tools.instruments.critical import critical_answers
    from eval_tools.scoring.wide import score_wide

    items = list(instrument.items)
    table = pd.DataFrame(sheet.answers, columns=items).drop(columns=list(sheet.without_column))
    table["(age)"] = sheet.age if sheet.age is not None else np.nan
    table["(sex)"] = list(sheet.sex) if sheet.sex is not None else ""
    wide = score_wide(table, instrument, age="(age)", sex="(sex)", allow_absent=bool(sheet.without_column))
    results = []
    for scale in instrument.scales:
        scores = wide.scores
        banded = f"{scale}.band" in scores
        results.append(
            ScaleResult(
                scale=scale,
                scores=tuple(None if np.isnan(score) else _whole(score) for score in scores[scale]),
                n_answered=tuple(int(n) for n in scores[f"{scale}.answered"]),
                status=tuple(map(str, scores[f"{scale}.status"])),
                bands=tuple(map(str, scores[f"{scale}.band"])) if banded else None,
                schemes=tuple(map(str, scores[f"{scale}.scheme"])) if banded else (),
            )
        )
    found = critical_answers(instrument, sheet.answers)
    return ScoredSheet(
        sheet=sheet,
        scales=tuple(results),
        gates={str(gate): tuple(map(str, wide.validity[gate])) for gate in wide.validity},
        notes=tuple(
            Noted(rule=str(rule), scale=str(scale), count=int(count), n=int(n))
            for rule, scale, count, n in wide.notes[["rule", "scale", "count", "n"]].itertuples(index=False)
        ),
        urgent=frozenset(answer.row for answer in found if answer.level == "urgent"),
        attention=frozenset(answer.row for answer in found if answer.level == "attention"),
    )


def _whole(score: float) -> float | int:
    return int(score) if float(score).is_integer() else float(score)


# --- print and deploy ------------------------------------------------------------------------------------------


def _form(options: argparse.Namespace, bench: Workbench) -> int:
    from eval_tools.forms.paper import lay_out
    from eval_tools.forms.paper_pdf import render_form_pdf
    from eval_tools.forms.paper_word import render_form_word

    instrument = _one(bench, options.questionnaire)
    wording = _wordings(instrument, bench, [options.language])[options.language]
    page = lay_out(instrument, wording)
    content = render_form_pdf(page) if options.format == "pdf" else render_form_word(page)
    name = f"{instrument.id}.{options.language}.{options.format}"
    _write(Path(options.out) if options.out else _local(bench) / "forms" / name, content, bench)
    if not wording.has_items:
        sys.stderr.write(
            f"{instrument.id}, {options.language}: an answer sheet was written; the wording may not be shipped "
            "or is not there in this language.\n"
        )
    _warn_of_paper(instrument)
    return 0


def _warn_of_paper(instrument: Instrument) -> None:
    from eval_tools.forms.sheets import paper_needs_permission

    if paper_needs_permission(instrument):
        holder = instrument.licence.holder
        sys.stderr.write(f"{instrument.id}: paper copies of the form need the agreement of the holder: {holder}.\n")


def _xlsform(options: argparse.Namespace, bench: Workbench) -> int:
    from eval_tools.forms.xlsform import build_xlsform, languages_with_words

    instrument = _one(bench, options.questionnaire)
    wordings = _wordings(instrument, bench, options.language or LANGUAGES)
    chosen = list(wordings.values()) if options.language else languages_with_words(instrument, wordings)
    form = build_xlsform(instrument, chosen, permission=options.permission)
    target = Path(options.out) if options.out else _local(bench) / "forms" / f"{instrument.id}.xlsform.xlsx"
    _write(target, form.to_xlsx(), bench)
    if form.keying:
        sys.stderr.write(
            f"{instrument.id}: without wording this is a form for typing in paper answers, not for respondents.\n"
        )
    return 0


def _wording(options: argparse.Namespace, bench: Workbench) -> int:
    from eval_tools.errors import DefinitionError, Problem
    from eval_tools.forms.wording import empty_overlay, overlay_name

    instrument = _one(bench, options.questionnaire)
    path = _local(bench) / overlay_name(instrument.id, options.language)
    if path.exists():
        raise DefinitionError(Problem(f"{LOCAL}/{path.name}", "the file exists.", "It is not overwritten."))
    _write(path, empty_overlay(instrument).encode("utf-8-sig"), bench)
    return 0


def _codebook(options: argparse.Namespace, bench: Workbench) -> int:
    import json

    from eval_tools.forms.codebook import (
        codebook_file,
        ddi_codebook,
        render_codebook,
        score_schema,
        table_schema,
        write_codebook,
    )

    instrument = _one(bench, options.questionnaire)
    wordings = _wordings(instrument, bench)
    folder = Path(options.out) if options.out else _local(bench) / "forms"
    for language, wording in wordings.items():
        page = render_codebook(write_codebook(instrument, wording))
        _write(folder / codebook_file(instrument.id, language), page.encode("utf-8"), bench)
    _write(folder / f"{instrument.id}.ddi.xml", ddi_codebook(instrument, wordings), bench)
    for name, schema in (("answers", table_schema(instrument, wordings)), ("scores", score_schema(instrument))):
        text = json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
        _write(folder / f"{instrument.id}.{name}.schema.json", text.encode("utf-8"), bench)
    return 0


def _pack(options: argparse.Namespace, bench: Workbench) -> int:
    from eval_tools.forms.identifiers import numbers_for_study
    from eval_tools.forms.pack import forms_of_wave, write_pack
    from eval_tools.forms.sheets import minutes_for, phrase_minutes
    from eval_tools.forms.words import FormWords
    from eval_tools.studies.load import load_study

    definition = load_study(options.study, workbench=bench)
    study = definition.study
    forms = forms_of_wave(study, definition.instruments, options.wave, local=_local(bench))
    packs = _local(bench) / "packs" / study.id
    numbers = numbers_for_study(packs / "ids.csv", options.children)
    folder = Path(options.out) if options.out else packs / options.wave
    pack = write_pack(folder, study, study.waves[options.wave], forms, numbers=numbers, local=_local(bench))
    for name in pack.files:
        _say(_shown(folder / name, bench))
    words = FormWords("en")
    mine = [form for form in forms if form.by_child]
    if mine:
        _say(f"A child: {len(mine)} forms. {phrase_minutes(minutes_for(mine), words)}")
    if not numbers:
        _say("No list of numbers: say with --children how many the study needs.")
    _say("The sheets are drafts for local legal review.")
    for form in forms:
        _warn_of_paper(form.instrument)
    return 0


def _docs(options: argparse.Namespace, bench: Workbench) -> int:
    from eval_tools.forms.pages import write_pages

    folder = Path(options.out) if options.out else bench.root / "docs" / "questionnaires"
    pages = write_pages(_all(bench))
    for name, text in pages.items():
        _write(folder / name, text.encode("utf-8"), bench)
    for stale in sorted(set(folder.glob("*.md")) - {folder / name for name in pages}):
        stale.unlink()
        _say(f"{_shown(stale, bench)}: removed, there is no such questionnaire.")
    return 0
