"""Invented questionnaires with bands by sex and age, a gate, a test with a key, and a score of two waves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from eval_tools.definitions.strict_yaml import parse_yaml
from eval_tools.instruments.instrument import Instrument
from eval_tools.instruments.load import parse_instrument

ANYONE = '{en: "x", zh-Hant: "甲", zh-Hans: "甲"}'
INVENTED = """\
schema_version: "1.0"
id: invented
family: invented
version: "1.0.0"
form:
  {edition: "invented", item_order: invented, recall: null, code_direction: {first_code: 0, first_means: "never"}}
title: ANY
abbreviation: I
constructs: [mental_health]
respondent: {informant: self, about: self, age_years: [8, 17]}
licence: {status: unknown, text_redistributable: false, holder: "nobody", terms: "none", evidence: []}
citation: "invented"
sources: {sheet: {ref: "an invented scoring sheet", confidence: B}}
checked_by: null
response_sets: {four: {codes: [0, 1, 2, 3]}}
items:
  defaults: {response_set: four}
  list: [{id: a, n: 1}, {id: b, n: 2, reverse: true}, {id: c, n: 3}, {id: lie1, n: 4}, {id: lie2, n: 5}]
band_schemes:
  boys: {population: "boys", status: verified, source: sheet, group: both, sex: male, labels: {low: ANY, high: ANY}}
  girls: {population: "girls", status: verified, source: sheet, group: both, sex: female, labels: {low: ANY, high: ANY}}
  young: {population: "children", status: weak, source: sheet, age_years: [8, 11], labels: {low: ANY, high: ANY}}
  guess: {population: "unknown", status: unverified, labels: {low: ANY, high: ANY}}
default_band_scheme: both
scale_defaults: {direction: higher_is_worse, missing: {min_answered: 3, fill: none}}
scales:
  - id: total
    title: ANY
    items: [a, b, c]
    range: [0, 9]
    bands: {boys: [[0, 4], [5, 9]], girls: [[0, 5], [6, 9]], young: [[0, 2], [3, 9]], guess: [[0, 1], [2, 9]]}
    norms:
      - {population: "all", mean: 4, sd: 2, source: sheet}
      - {population: "girls", sex: female, mean: 5, sd: 2, source: sheet}
      - {population: "grade 5", grades: [5, 5], mean: 5, sd: 2, source: sheet}
  - {id: lie, title: ANY, items: [lie1, lie2], range: [0, 6], missing: {min_answered: 2, fill: none}}
validity: [{id: lies, scale: lie, rule: ">= 5", action: void, report_both: true}]
derived:
  - {id: gain, title: ANY, constant: 1,
     terms: [{wave: 1, scale: total, weight: 0.5}, {wave: 2, scale: total, weight: -1}],
     test: {wave1: {total: 6}, wave2: {total: 2}, expect: 2}}
test_vectors:
  - {name: low, origin: derived, responses: {all: low}, expect: {total: 3, lie: 0}}
  - {name: high, origin: derived, responses: {all: high}, expect: {total: 6, validity: [lies]}}
  - {name: stair, origin: derived, responses: {all: stair}, expect: {total: 4, lie: 3}}
  - {name: apart, origin: derived, responses: {all: 0, a: 3}, expect: {total: 6}}
  - {name: apart_too, origin: derived, responses: {all: 0, c: 3}, expect: {total: 6}}
changes: [{version: "1.0.0", date: "2026-11-24", what: "first", why: "needed"}]
""".replace("ANY", ANYONE)


@pytest.fixture(scope="session")
def invented() -> Instrument:
    """Five items, the second reversed, the last two a lie scale that voids a form from 5 points on."""
    return parse_instrument(parse_yaml(INVENTED, file="invented.yaml"))


@pytest.fixture(scope="session")
def long() -> Callable[..., pd.DataFrame]:
    """Lay forms of the invented questionnaire out as RESPONSES, one participant a row."""

    def lay_out(instrument: Instrument, answers: list[list[float]], wave: str = "before") -> pd.DataFrame:
        wide = pd.DataFrame(answers, columns=list(instrument.items), dtype=float)
        wide["participant"] = [f"P{i + 1}" for i in range(len(wide))]
        table = wide.melt(id_vars="participant", var_name="item", value_name="answer")
        table["missing"] = np.where(table["answer"].isna(), "blank", "")
        return table.assign(wave=wave, informant="self", instrument=instrument.id)

    return lay_out
