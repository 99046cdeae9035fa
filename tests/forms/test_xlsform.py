"""XLSForms: accepted by pyxform, in three languages, without wording where none may be shown."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from types import MappingProxyType

import pytest
from pyxform.xls2xform import convert

from eval_tools.errors import DefinitionError
from eval_tools.forms.wording import find_wording
from eval_tools.forms.words import LANGUAGES
from eval_tools.forms.xlsform import ID_CONSTRAINT, build_xlsform, languages_with_words
from eval_tools.instruments.facts import Licence
from eval_tools.instruments.instrument import AskedIf, CriticalRule
from eval_tools.instruments.rule import parse_rule
from eval_tools.privacy.check_digits import append_check_digits


def survey(form):
    head = form.survey[0]
    return [dict(zip(head, row, strict=True)) for row in form.survey[1:]]


def test_every_shipped_form_is_accepted_by_pyxform_without_a_warning(library, wordings_of):
    for instrument in library.values():
        form = build_xlsform(instrument, list(wordings_of(instrument).values()), permission="a test")
        made = convert(xlsform=io.BytesIO(form.to_xlsx()), file_type=".xlsx")
        assert made.warnings == [], instrument.id
        asked = re.findall(r'<select1 ref="/[^"/]+/questions/([^"/]+)"', made.xform)
        assert [name for name in asked if name in instrument.items] == [
            item.id for item in sorted(instrument.items.values(), key=lambda entry: entry.number)
        ]


def test_no_cell_of_an_xlsform_is_a_formula(example):
    texts = {"en": "=1+1", "zh-Hant": "＝1", "zh-Hans": "@x"}
    items = {name: replace(item, text=texts) for name, item in example.items.items()}
    odd = replace(example, items=MappingProxyType(items))
    content = build_xlsform(odd, [find_wording(odd, language) for language in LANGUAGES]).to_xlsx()
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for name in package.namelist():
            assert b"<f>" not in package.read(name)


def test_the_number_is_checked_in_the_form_as_in_the_package(example, wordings_of):
    row = next(
        r for r in survey(build_xlsform(example, list(wordings_of(example).values()))) if r["name"] == "participant"
    )
    assert row["constraint"] == ID_CONSTRAINT
    assert row["required"] == "yes"
    pattern, modulus, remainder = re.search(r"'(.+)'\) and number\(\.\) mod (\d+) = (\d+)", ID_CONSTRAINT).groups()
    number = append_check_digits("734512")
    assert re.fullmatch(pattern, number)
    assert int(number) % int(modulus) == int(remainder)
    assert int(number[::-1]) % int(modulus) != int(remainder)


def test_questions_are_asked_only_after_consent_and_none_is_required(example):
    rows = survey(build_xlsform(example, [find_wording(example, "en")]))
    group = next(row for row in rows if row["type"] == "begin_group")
    assert group["relevant"] == "${consent} = 'yes'"
    assert all(not row["required"] for row in rows if row["name"] in example.items)


@pytest.mark.parametrize(
    ("rule", "relevant"),
    [(">= 1", "${fah1} >= 1"), ("== 2", "${fah1} = 2"), ("in [0, 2]", "(${fah1} = 0 or ${fah1} = 2)")],
)
def test_a_question_that_is_asked_only_sometimes_has_a_condition(example, rule, relevant):
    items = {
        **example.items,
        "fah2": replace(example.items["fah2"], asked_if=AskedIf(item="fah1", when=parse_rule(rule))),
    }
    form = build_xlsform(replace(example, items=MappingProxyType(items)), [find_wording(example, "en")])
    assert next(row for row in survey(form) if row["name"] == "fah2")["relevant"] == relevant


def test_a_question_with_a_least_age_asks_the_age(example):
    items = {**example.items, "fah3": replace(example.items["fah3"], min_age=12)}
    form = build_xlsform(replace(example, items=MappingProxyType(items)), [find_wording(example, "en")])
    rows = {row["name"]: row for row in survey(form)}
    assert rows["fah3"]["relevant"] == "${age} >= 12"
    assert rows["age"]["type"] == "integer"


def test_a_critical_item_is_not_revealed(example):
    rule = CriticalRule(when=parse_rule(">= 1"), level="urgent", action=None, omit_form=None)
    items = {name: replace(item, critical=(rule,)) for name, item in example.items.items()}
    critical = replace(example, items=MappingProxyType(items))
    plain = build_xlsform(example, [find_wording(example, "en")])
    assert build_xlsform(critical, [find_wording(critical, "en")]) == plain


def held(example, **permitted):
    licence = Licence(
        status="free_use_no_redistribution",
        text_redistributable=False,
        holder="The Holder",
        terms="paper only",
        permitted_use=MappingProxyType(permitted),
    )
    return replace(example, licence=licence)


@pytest.mark.parametrize("electronic", ["with_permission", "forbidden", "unknown"])
def test_wording_on_a_screen_needs_the_holders_agreement(example, electronic):
    instrument = held(example, electronic=electronic)
    with pytest.raises(DefinitionError, match="needs the agreement of the holder"):
        build_xlsform(instrument, [find_wording(instrument, "en")])
    form = build_xlsform(instrument, [find_wording(instrument, "en")], permission="letter of 3 May")
    assert "letter of 3 May" in form.settings[1]


def test_without_wording_a_form_for_typing_in_is_made_and_shows_numbers_only(library, wordings_of):
    instrument = library["sdq-s"]
    assert instrument.licence.permits("electronic") != "allowed"
    form = build_xlsform(instrument, list(wordings_of(instrument).values()))
    assert form.keying
    labels = [row["label::English (en)"] for row in survey(form) if row["name"] in instrument.items]
    assert labels == [f"Question {item.number}" for item in instrument.items.values()]


def test_only_languages_with_wording_are_taken_where_there_are_any(library, wordings_of):
    with_english = library["ces-d"]
    assert [w.language for w in languages_with_words(with_english, wordings_of(with_english))] == ["en"]
    without = library["sdq-s"]
    assert len(languages_with_words(without, wordings_of(without))) == 3


@pytest.mark.parametrize(("name", "said"), [("consent", "itself needs the name"), ("1a", "begin with a letter")])
def test_a_name_the_form_cannot_have_is_refused(example, name, said):
    items = {**example.items, name: replace(example.items["fah1"], id=name, number=9)}
    instrument = replace(example, items=MappingProxyType(items))
    with pytest.raises(DefinitionError, match=said):
        build_xlsform(instrument, [find_wording(instrument, "en")])
