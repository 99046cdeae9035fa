"""480 invented children over two terms: how many links are right, and that every planted fault is looked at."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from eval_tools.intake.linkage.forms import CodedForm, PrintedNumbers, code_forms
from eval_tools.intake.linkage.link import Linked, link_forms

FOLDER = Path(__file__).with_name("sgic_synthetic")
WAVES = ("wave1", "wave2")
LINKING = ("number", "code_1", "code_2", "again")


@pytest.fixture(scope="module")
def children() -> tuple[list[CodedForm], list[str], list[str], Linked]:
    """Forms, whose they are, why they are hard, and what linkage makes of them."""
    forms: list[CodedForm] = []
    people: list[str] = []
    hard: list[str] = []
    for wave in WAVES:
        rows, truth = (
            list(csv.DictReader((FOLDER / f"{name}.csv").read_text(encoding="utf-8").splitlines()))
            for name in (wave, f"truth_{wave}")
        )
        forms += code_forms(
            [row["child_id"] for row in rows],
            {f"e{i}": [row[f"e{i}"] for row in rows] for i in range(1, 8)},
            file=f"{wave}.csv",
            sha256=wave[-1] * 64,
            rows=range(2, len(rows) + 2),
            waves=[wave] * len(rows),
            informant="child",
            key=bytes(range(32)),
            study="demo",
            printed=PrintedNumbers(scheme="damm", length=6),
            sites=[row["school"] for row in rows],
            sexes=[row["sex"] for row in rows],
            grades=[row["grade"] for row in rows],
        )
        people += [row["person"] for row in truth]
        hard += [row["why_hard"] for row in truth]
    return forms, people, hard, link_forms(forms, waves=WAVES)


def pairs(forms: list[CodedForm], names) -> set[tuple[int, int]]:
    """Two forms of different waves under one name."""
    first = {}
    for i, form in enumerate(forms):
        if form.wave == "wave1":
            first.setdefault(names[i], []).append(i)
    return {(a, b) for b, form in enumerate(forms) if form.wave == "wave2" for a in first.get(names[b], ())}


def test_nearly_every_link_is_right_and_few_are_missed(children):
    forms, people, _, out = children
    true, found = pairs(forms, people), pairs(forms, out.pseudonyms)
    assert len(true) == 419
    assert len(found & true) / len(found) >= 0.999
    assert len(found & true) / len(true) >= 0.96


def test_no_two_children_of_one_term_get_one_name(children):
    forms, people, _, out = children
    named: dict[tuple[str, str], set[str]] = {}
    for form, name, person in zip(forms, out.pseudonyms, people, strict=True):
        named.setdefault((form.wave, name), set()).add(person)
    assert all(len(who) == 1 for who in named.values())


@pytest.mark.parametrize("fault", ["swapped form", "handed in twice"])
def test_every_planted_fault_that_meets_another_form_waits_for_a_person(children, fault):
    """An exchanged number shows as soon as the two waves disagree; a second form at once."""
    forms, people, hard, out = children
    waiting = {case.form.place for case in out.cases}
    for i, why in enumerate(hard):
        if fault not in why:
            continue
        same = [j for j, person in enumerate(people) if person == people[i]]
        if fault == "handed in twice":
            assert any(forms[j].place in waiting for j in same if forms[j].wave == forms[i].wave)
        elif forms[i].number and len({forms[j].wave for j in same}) == 2:
            linked = [j for j in same if out.links["method"][j] in LINKING]
            assert forms[i].place in waiting or any(forms[j].place in waiting for j in same) or linked == []


def test_children_who_changed_school_stay_linked_or_are_offered(children):
    forms, people, hard, out = children
    waiting = {case.form.place: case.why for case in out.cases}
    moved = [i for i, why in enumerate(hard) if "moved school" in why]
    assert len(moved) == 7
    for i in moved:
        [before] = [j for j, person in enumerate(people) if person == people[i] and forms[j].wave == "wave1"]
        assert out.pseudonyms[i] == out.pseudonyms[before] or waiting[forms[i].place] == "other_school"


def test_numbers_are_read_as_they_were_meant(children):
    forms, _, hard, _ = children
    for form, why in zip(forms, hard, strict=True):
        if "swapped form" in why:
            continue  # the slip of one child stands on the other's form
        if "id-missing" in why:
            assert form.number_state == "absent"
        elif "id-digit" in why or "id-transposed" in why:
            assert form.number_state == "wrong"
        else:
            assert form.number_state == "right"
