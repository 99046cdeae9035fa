"""Questionnaires to be broken in one place at a time."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from eval_tools.definitions.strict_yaml import parse_yaml
from eval_tools.errors import DefinitionError, Problem
from eval_tools.instruments.instrument import Instrument
from eval_tools.instruments.load import parse_instrument

HEAD = """\
schema_version: "1.0"
id: small
family: small
version: "1.0.0"
form:
  {edition: "invented", item_order: invented, recall: null, code_direction: {first_code: FIRST, first_means: "never"}}
title: {en: "Small", zh-Hant: "小問卷", zh-Hans: "小问卷"}
abbreviation: S
constructs: [mental_health]
respondent: {informant: self, about: child, age_years: [8, 18]}
licence: {status: unknown, text_redistributable: false, holder: "nobody", terms: "none", evidence: []}
citation: "invented"
sources:
  sheet: {ref: "an invented scoring sheet", confidence: B}
checked_by: null
changes:
  - {version: "1.0.0", date: "2026-11-24", what: "first", why: "needed"}
"""
TITLE = 'title: {en: "T", zh-Hant: "總分", zh-Hans: "总分"}'


@pytest.fixture
def define() -> Callable[[str], Instrument]:
    """Load a small questionnaire from what is special about it: answers, items, scales, bands, vectors."""

    def parse(rest: str) -> Instrument:
        first = re.search(r"codes?: \[?(-?\d+)", rest)
        assert first is not None
        text = HEAD.replace("FIRST", first[1]) + rest.replace("TITLE", TITLE)
        return parse_instrument(parse_yaml(text, file="small.yaml"))

    return parse


@pytest.fixture
def change_form(root: Path) -> Callable[..., str]:
    """Return the text of a shipped questionnaire with some texts replaced; each must be there."""

    def change(*replacements: tuple[str, str], form: str = "ces-d/ces-d") -> str:
        text = (root / "questionnaires" / f"{form}.yaml").read_text(encoding="utf-8")
        for old, new in replacements:
            assert old in text, f"{old!r} is not in {form}"
            text = text.replace(old, new)
        return text

    return change


@pytest.fixture
def problems_of() -> Callable[[str], list[Problem]]:
    """Load a questionnaire that is wrong, and return what is reported."""

    def load(text: str) -> list[Problem]:
        with pytest.raises(DefinitionError) as caught:
            parse_instrument(parse_yaml(text, file="f.yaml"))
        for problem in caught.value.problems:
            file, line = problem.where.split(":")
            assert file == "f.yaml"
            assert 1 <= int(line) <= text.count("\n") + 1
            assert problem.what.endswith(".")
            assert problem.remedy
        return list(caught.value.problems)

    return load
