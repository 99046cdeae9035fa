"""Everything that must lie on the table before a wave: forms, sheets, numbers, in every language of the study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval_tools.errors import DefinitionError, Problem, UnknownNames
from eval_tools.forms.paper import lay_out
from eval_tools.forms.paper_pdf import render_form_pdf
from eval_tools.forms.paper_word import render_form_word
from eval_tools.forms.sheet_pages import render_sheet_pdf, render_sheet_word
from eval_tools.forms.sheets import PackForm, child_sheet, guardian_sheet, id_sheet, staff_sheet
from eval_tools.forms.wording import find_wording
from eval_tools.forms.words import FormWords
from eval_tools.instruments.instrument import Instrument
from eval_tools.spreadsheets import Cell, write_whole, xlsx_bytes
from eval_tools.studies.study import Study, Wave

CHILD = ("child", "self")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """What was put together, as paths below the folder of the pack."""

    folder: Path
    files: tuple[str, ...]
    forms: tuple[PackForm, ...]


def forms_of_wave(
    study: Study, instruments: Mapping[str, Instrument], wave: str, *, local: Path | None = None
) -> tuple[PackForm, ...]:
    """List the questionnaires of a wave, in the order of study.yaml, each once for everyone who answers it.

    Raises
    ------
    UnknownNames
        If there is no such wave.
    DefinitionError
        If no questionnaire is declared for it.
    """
    if wave not in study.waves:
        raise UnknownNames("wave", missing=[wave], known=list(study.waves), where=study.file)
    pairs = dict.fromkeys(
        (part.instrument, source.informant)
        for source in study.sources
        if source.wave in (None, wave)
        for part in source.instruments
    )
    if not pairs:
        what = f"no source declares a questionnaire for the wave {wave!r}."
        raise DefinitionError(Problem(study.file, what, "Add it to sources."))
    return tuple(
        PackForm(
            instrument=instruments[name],
            informant=informant,
            by_child=study.respondents == "children" and informant in CHILD,
            wording=any(find_wording(instruments[name], lang, local=local).has_items for lang in study.languages),
        )
        for name, informant in pairs
    )


def write_pack(
    folder: Path,
    study: Study,
    wave: Wave,
    forms: Sequence[PackForm],
    *,
    numbers: Sequence[str] = (),
    local: Path | None = None,
) -> Pack:
    """Write the forms, the sheets and the list of numbers of a wave.

    Parameters
    ----------
    folder : Path
        Where to; files of an older pack are replaced.
    study, wave, forms
        See :func:`forms_of_wave`.
    numbers : sequence of str
        Printed numbers, with check digits; none for a pack without list.
    local : Path, optional
        Folder of local wording.
    """
    written: dict[str, bytes] = {}
    for language in study.languages:
        words = FormWords(language)
        names = {"study": words.of(study.title), "wave": words.of(wave.title)}
        for form in {form.instrument.id: form for form in forms}.values():
            page = lay_out(form.instrument, find_wording(form.instrument, language, local=local))
            written[f"forms/{form.instrument.id}.{language}.pdf"] = render_form_pdf(page)
            written[f"forms/{form.instrument.id}.{language}.docx"] = render_form_word(page)
        sheets = [guardian_sheet(forms, language, **names), staff_sheet(forms, language, **names)]
        if any(form.by_child for form in forms):
            sheets.append(child_sheet(forms, language))
        for sheet in sheets:
            written[f"{sheet.name}.{language}.pdf"] = render_sheet_pdf(sheet, footer=names["study"])
            written[f"{sheet.name}.{language}.docx"] = render_sheet_word(sheet)
        if numbers:
            listed = id_sheet(numbers, language, **names)
            written[f"id-list.{language}.pdf"] = render_sheet_pdf(listed, footer=names["study"])
    if numbers:
        rows: list[list[Cell]] = [["id"]]
        rows += [[int(number)] for number in numbers]
        written["id-list.xlsx"] = xlsx_bytes({"ids": rows}, widths={"ids": [14]})
    for name, content in written.items():
        write_whole(folder / name, content)
    return Pack(folder=folder, files=tuple(sorted(written)), forms=tuple(forms))
