"""Sheets of a wave: what they promise, what they warn of, and that they are marked as drafts."""

from __future__ import annotations

import io
from dataclasses import replace

import docx
import pypdf
import pytest

from eval_tools.errors import DefinitionError, UnknownNames
from eval_tools.forms.pack import forms_of_wave, write_pack
from eval_tools.forms.sheet_pages import render_sheet_pdf, render_sheet_word
from eval_tools.forms.sheets import PackForm, child_sheet, guardian_sheet, id_sheet, minutes_for, staff_sheet
from eval_tools.forms.words import LANGUAGES, FormWords
from eval_tools.instruments.facts import StatedNumber
from eval_tools.studies.study import InstrumentColumns, Reading, Source
from synthetic_study import synthetic_study

NAMES = {"study": "A study", "wave": "Autumn"}


def pack_form(instrument, *, by_child=True, minutes=None, informant="child"):
    stated = StatedNumber(value=minutes, status="weak", sources=()) if minutes is not None else None
    return PackForm(
        instrument=replace(instrument, minutes=stated), informant=informant, by_child=by_child, wording=True
    )


def words_of(sheet):
    parts = [part for section in sheet.sections for part in section.parts]
    rows = [cell for part in parts for row in part.rows for cell in row]
    return "\n".join([sheet.title, sheet.banner, *(line for part in parts for line in part.lines), *rows])


@pytest.mark.parametrize("language", LANGUAGES)
def test_sheets_for_families_say_what_answers_are_not_for_and_are_marked_as_drafts(example, language):
    words = FormWords(language)
    forms = [pack_form(example)]
    for sheet in (child_sheet(forms, language), guardian_sheet(forms, language, **NAMES)):
        assert sheet.banner == words("sheet.draft")
        text = words_of(sheet)
        for n in (1, 2, 3, 4):
            assert words(f"sheet.not_for.{n}") in text
    assert words("sheet.child.assent.no") in words_of(child_sheet(forms, language))
    assert words("sheet.guardian.consent.no") in words_of(guardian_sheet(forms, language, **NAMES))
    assert words("sheet.child.secret.3") in words_of(child_sheet(forms, language))


def test_minutes_are_added_up_for_the_child_only_and_what_is_not_known_is_said(example):
    forms = [
        pack_form(example, minutes=5),
        pack_form(example, minutes=7.5),
        pack_form(example, minutes=30, by_child=False, informant="caregiver"),
    ]
    assert "about 12.5 minutes" in words_of(child_sheet(forms, "en"))
    forms.append(pack_form(example))
    assert minutes_for(forms).unknown == 1
    assert "for 1 of the questionnaires the time is not known" in words_of(child_sheet(forms, "en"))
    assert "has not been measured" in words_of(child_sheet([pack_form(example)], "en"))


def test_staff_are_warned_of_a_long_set_and_of_critical_items_and_children_are_not(library, example):
    forms = [pack_form(example, minutes=45), pack_form(library["phq-9"], minutes=3)]
    staff = words_of(staff_sheet(forms, "en", **NAMES))
    assert "longer than one lesson" in staff
    assert "PHQ-9" in staff
    assert "may need a look on the same day" in staff
    for sheet in (child_sheet(forms, "en"), guardian_sheet(forms, "en", **NAMES)):
        assert "same day" not in words_of(sheet)


def test_staff_are_told_which_forms_need_the_holders_agreement(library):
    assert library["kidscreen-10"].licence.permits("paper") == "with_permission"
    assert "need the agreement" in words_of(staff_sheet([pack_form(library["kidscreen-10"])], "en", **NAMES))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_of_numbers_has_every_number_and_room_for_a_name(language):
    numbers = ["12345676", "24089175"]
    sheet = id_sheet(numbers, language, **NAMES)
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(render_sheet_pdf(sheet))).pages)
    for number in numbers:
        assert f"{number[:4]} {number[4:]}" in text
    assert sheet.sections[0].parts[-1].rows[1] == ("1", "1234 5676", "", "", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sheet_says_the_same_in_pdf_and_word(example, language):
    sheet = guardian_sheet([pack_form(example, minutes=5)], language, **NAMES)
    pdf = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(render_sheet_pdf(sheet))).pages)
    document = docx.Document(io.BytesIO(render_sheet_word(sheet)))
    word = "".join(paragraph.text for paragraph in document.paragraphs)
    word += "".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
    for section in sheet.sections:
        for part in section.parts:
            for line in part.lines:
                squeezed = "".join(line.split())
                assert squeezed in "".join(word.split())
                assert squeezed in "".join(pdf.split())


def declared(instrument, informant, wave):
    columns = InstrumentColumns(instrument=instrument, columns=("a",), answers={})
    return Source(
        file="x.csv",
        reading=Reading(),
        informant=informant,
        wave=wave,
        columns={},
        meanings={},
        instruments=(columns,),
        missing={},
        totals={},
        ignore=(),
    )


@pytest.fixture
def study():
    sources = (
        declared("ces-d", "child", None),
        declared("sdq-p", "caregiver", "spring"),
        declared("ces-d", "child", "spring"),
    )
    return replace(synthetic_study(), sources=sources)


def test_the_forms_of_a_wave_are_those_declared_for_it_each_once(study, library):
    spring = forms_of_wave(study, library, "spring")
    assert [(form.instrument.id, form.informant, form.by_child) for form in spring] == [
        ("ces-d", "child", True),
        ("sdq-p", "caregiver", False),
    ]
    assert [form.instrument.id for form in forms_of_wave(study, library, "autumn")] == ["ces-d"]
    assert [form.wording for form in spring] == [True, False]


def test_an_unknown_wave_and_a_wave_without_forms_are_refused(study, library):
    with pytest.raises(UnknownNames, match="Did you mean 'spring'"):
        forms_of_wave(study, library, "sprung")
    with pytest.raises(DefinitionError, match="no source declares"):
        forms_of_wave(replace(study, sources=(declared("sdq-p", "caregiver", "spring"),)), library, "autumn")


def test_a_pack_holds_forms_sheets_and_numbers_in_every_language(study, library, tmp_path):
    forms = forms_of_wave(study, library, "spring")
    pack = write_pack(tmp_path, study, study.waves["spring"], forms, numbers=["12345676"])
    for language in study.languages:
        for name in ("ces-d", "sdq-p"):
            assert f"forms/{name}.{language}.pdf" in pack.files
            assert f"forms/{name}.{language}.docx" in pack.files
        for sheet in ("child-information", "guardian-information", "staff-overview"):
            assert f"{sheet}.{language}.docx" in pack.files
        assert f"id-list.{language}.pdf" in pack.files
    assert "id-list.xlsx" in pack.files
    assert all((tmp_path / name).stat().st_size > 500 for name in pack.files)
    without = write_pack(tmp_path / "b", study, study.waves["spring"], forms)
    assert not any("id-list" in name for name in without.files)
