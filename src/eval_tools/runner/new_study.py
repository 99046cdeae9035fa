"""A study.yaml for the files somebody dropped into a folder: what can be found is found, what cannot is asked."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eval_tools.definitions.strict_yaml import parse_yaml, read_yaml
from eval_tools.errors import DefinitionError, EvalToolsError, Problem, did_you_mean
from eval_tools.instruments.load import Instruments, load_instruments
from eval_tools.intake.proposing.draft import study_text
from eval_tools.intake.proposing.files import ProposedFile, propose_file
from eval_tools.intake.proposing.reading import LeftOut, read_folder
from eval_tools.runner.asking import Asker
from eval_tools.runner.check import CORRECTIONS
from eval_tools.runner.checks.append_yaml import NEW_FILE
from eval_tools.runner.checks.terminal import pen_for
from eval_tools.runner.new_design import draft_study
from eval_tools.studies.load import parse_study
from eval_tools.studies.workbench import Workbench, find_workbench

README = "README.md"
HEADING = """\
Proposed by eval-tools new from the files in this folder. Read it before the first run: every line can be changed.
What each key means stands in docs/study.md; eval-tools check says what is wrong."""
PROVENANCE = """\
# {study}

Where the files in this folder come from. Fill in what is known; leave what is not. Never write a name here.

| question | answer |
|---|---|
| Who collected the answers, and for which programme? | |
| When was each wave collected, and on paper, phone or computer? | |
| Who gave consent, in which words, and for which use? | |
| Who exported the files, from which platform, with which settings, and when? | |
| Was anything changed between export and this folder? | |
| Who may see the files, and until when are they kept? | |

## Files

{files}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStudy:
    """A study as it would be written, and what to tell about it."""

    text: str
    readme: str
    found: tuple[str, ...]  # what was found in each file
    warnings: tuple[str, ...]


def run_new(options: argparse.Namespace) -> int:
    """Run the command: questions and what was found go to the terminal, a dry run to the output."""
    asked = not options.yes and sys.stdin.isatty()
    asker = Asker(
        given=_given(options.set, options.answers),
        take_defaults=options.yes,
        source=sys.stdin if asked else None,
        stream=sys.stderr,
        pen=pen_for(sys.stderr),
    )
    made = new_study(options.study, asker, dry_run=options.dry_run)
    out = [f"Note: {warning}" for warning in made.warnings]
    if asker.defaulted:
        taken = "; ".join(f"{key}={answer}" for key, answer in asker.defaulted.items())
        out += [f"Taken without asking, to be changed with --set: {taken}"]
    shown = f"data_raw/{options.study}"
    if options.dry_run:
        sys.stderr.write("\n".join(out) + "\n")
        sys.stdout.write(made.text)
        return 0
    out += ["", f"{shown}/study.yaml, {CORRECTIONS} and {README} are written."]
    if "identifiers: direct" in made.text:
        out.append("It needs a key for pseudonyms outside the workbench: eval-tools key --help")
    out.append(f"Next: read {shown}/study.yaml, then eval-tools check {options.study}")
    sys.stdout.write("\n".join(out) + "\n")
    return 0


def _given(pairs: Sequence[str], answers: str) -> dict[str, str]:
    """Gather the answers given beforehand; --set comes before the file."""
    given: dict[str, str] = {}
    if answers:
        doc = read_yaml(Path(answers))
        data = doc.data if isinstance(doc.data, dict) else {}
        if not isinstance(doc.data, dict) or any(isinstance(value, dict | list) for value in data.values()):
            raise DefinitionError(Problem(f"{Path(answers).name}:1", "must hold 'key: answer', one a line."))
        given |= {key: _word(value) for key, value in data.items()}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise DefinitionError(
                Problem("--set", f"{pair!r} is not KEY=VALUE.", "For example --set 'title=Our study'.")
            )
        given[key.strip()] = value.strip()
    return given


def _word(value: object) -> str:
    return {True: "yes", False: "no", None: ""}.get(value, str(value)) if isinstance(value, bool | None) else str(value)


def new_study(
    study: str,
    asker: Asker,
    *,
    start: Path | None = None,
    dry_run: bool = False,
    instruments: Instruments | None = None,
) -> NewStudy:
    """Propose the definition of a study, ask what cannot be found, and write it.

    Parameters
    ----------
    study : str
        Folder under data_raw/ with the exports as received, at any depth.
    asker : Asker
        Where answers come from.
    start : Path, optional
        Where to look for the workbench.
    dry_run : bool
        Whether nothing is written.
    instruments : mapping of id to Instrument, optional
        The library, if it was loaded already.

    Raises
    ------
    DefinitionError
        No such folder, nothing in it, a study.yaml that is there already, answers that lack or do not fit.
    """
    bench = find_workbench(start)
    folder = _folder(study, bench)
    instruments = load_instruments(bench.questionnaires) if instruments is None else instruments
    readers = {key.removeprefix("reader."): name for key, name in asker.given.items() if key.startswith("reader.")}
    asker.used.update({f"reader.{file}": name for file, name in readers.items()})
    read = read_folder(folder, readers=readers)
    files = tuple(propose_file(export, instruments) for export in read.exports)
    if not files:
        raise DefinitionError(
            [Problem(f"data_raw/{study}/{each.file}", each.why) for each in read.left_out]
            or [
                Problem(
                    f"data_raw/{study}", "the folder holds no file.", "Put the exports there as they were received."
                )
            ]
        )
    _introduce(files, read.left_out, asker)
    drafted = draft_study(study, files, instruments, asker)
    asker.close()
    text = study_text(drafted.data, heading=HEADING, remarks=drafted.remarks)
    _validate(text, study, folder, bench)
    made = NewStudy(
        text=text,
        readme=PROVENANCE.format(study=study, files="\n".join(_provenance(file) for file in files)),
        found=tuple(_found(file) for file in files),
        warnings=(*(f"{each.file}: left out; {each.why}" for each in read.left_out), *drafted.warnings),
    )
    if not dry_run:
        _write(folder, made)
    return made


def _folder(study: str, bench: Workbench) -> Path:
    folder = bench.raw / study
    shown = f"data_raw/{study}"
    if not folder.is_dir():
        near = sorted(path.name for path in bench.raw.glob("*") if path.is_dir())
        listed = f"There are: {', '.join(near)}.{did_you_mean(study, near)}" if near else ""
        remedy = f"Make the folder {shown} and put the exports there as they were received. {listed}".rstrip()
        raise DefinitionError(Problem(shown, "there is no such folder.", remedy))
    if (folder / "study.yaml").exists():
        what = "there is one already, and it is never overwritten."
        raise DefinitionError(
            Problem(f"{shown}/study.yaml", what, f"Change it by hand, then: eval-tools check {study}")
        )
    return folder


def _introduce(files: tuple[ProposedFile, ...], left_out: tuple[LeftOut, ...], asker: Asker) -> None:
    if asker.stream is None:
        return
    for file in files:
        asker.say(_found(file))
    for each in left_out:
        asker.say(f"{each.file}: left out; {each.why}")


def _found(file: ProposedFile) -> str:
    """Say what a file is, in one line; names of columns, never a cell."""
    table = file.export.table
    parts = [f"{file.export.reader}, {len(table.cells):,} rows, {len(table.header)} columns"]
    parts += [f"{role} in {names[0]!r}" for role, names in file.roles.items()]
    for match in file.matches:
        sure = "" if match.certain else "?"
        parts.append(f"{match.instrument}{sure} in {match.columns[0]!r} to {match.columns[-1]!r}")
    return f"{file.file}: {'; '.join(parts)}."


def _provenance(file: ProposedFile) -> str:
    table = file.export.table
    return f"- `{file.file}`: reader {file.export.reader}, {len(table.cells):,} rows, sha256 `{table.sha256}`"


def _validate(text: str, study: str, folder: Path, bench: Workbench) -> None:
    """Load the definition as a run would, before anything is written."""
    try:
        parse_study(parse_yaml(text, file=f"data_raw/{study}/study.yaml"), folder, workbench=bench)
    except DefinitionError as error:
        what = "the answers do not make a study that can be loaded; nothing was written."
        raise DefinitionError([Problem("eval-tools new", what), *error.problems]) from None


def _write(folder: Path, made: NewStudy) -> None:
    """Write all files or none; study.yaml last, for it makes the folder a study."""
    from eval_tools.spreadsheets import write_whole

    files = {README: made.readme, CORRECTIONS: NEW_FILE, "study.yaml": made.text}
    written: list[Path] = []
    try:
        for name, text in files.items():
            path = folder / name
            if not path.exists():
                written.append(path)
                write_whole(path, text.encode("utf-8"))
    except (OSError, KeyboardInterrupt, EvalToolsError):
        for path in written:
            path.unlink(missing_ok=True)
        raise
