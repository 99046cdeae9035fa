"""One study opened for one term: which term, which stages, from where."""

from __future__ import annotations

import secrets

import pandas as pd
import pytest

from eval_tools import open_study
from eval_tools.errors import DataError, DefinitionError, UnknownNames


def open_little(little, **options):
    return open_study("little", start=little.root, **options)


def test_the_decision_term_is_reported_unless_another_is_named(little):
    assert open_little(little).term == "spring"


def test_before_the_decision_term_the_latest_wave_with_forms_is_reported(little):
    little.change(
        "informants: [child]",
        "  - {id: summer, role: follow-up, title: {en: Summer, zh-Hant: 夏季, zh-Hans: 夏季}}\ninformants: [child]",
    )
    little.change("decision_term: spring", "decision_term: summer")
    assert open_little(little).term == "spring"
    with pytest.raises(DataError, match="no form was received for wave 'summer'"):
        _ = open_little(little, term="summer").term


def test_a_baseline_wave_is_no_term(little):
    with pytest.raises(UnknownNames, match="unknown term: 'autumn'"):
        open_little(little, term="autumn")


def test_stages_from_the_cache_equal_stages_computed(little):
    computed, cached = open_little(little), open_little(little)
    first = computed.results
    assert list((little.root / ".eval_tools" / "cache").rglob("results-spring.parquet"))
    pd.testing.assert_frame_equal(cached.results, first, check_dtype=False)
    pd.testing.assert_frame_equal(cached.changes, computed.changes, check_dtype=False)


def test_a_damaged_cache_file_is_computed_again(little):
    first = open_little(little).scores
    path = next((little.root / ".eval_tools" / "cache").rglob("scores.parquet"))
    path.write_bytes(path.read_bytes()[:100])
    pd.testing.assert_frame_equal(open_little(little).scores, first, check_dtype=False)


def test_a_changed_definition_or_raw_file_never_meets_an_old_stage(little):
    before = open_little(little)
    old = before.results
    little.change("informant: child", 'informant: child\n    blank: ["9"]')
    assert open_little(little).fingerprint != before.fingerprint
    text = little.answers.read_text(encoding="utf-8").splitlines()
    little.answers.write_text("\n".join(text[:-10]) + "\n", encoding="utf-8")
    assert not open_little(little).results.equals(old)


def test_direct_identifiers_need_a_key_from_outside_the_workbench(little, tmp_path_factory, monkeypatch):
    little.change("published_arbitrary", "direct, consent: recorded_elsewhere")
    monkeypatch.delenv("EVAL_TOOLS_KEY_FILE", raising=False)
    with pytest.raises(DefinitionError, match="no key for pseudonyms was named"):
        _ = open_little(little).participants
    key = tmp_path_factory.mktemp("safe") / "little.key"
    key.write_bytes(secrets.token_bytes(32))
    key.chmod(0o600)
    monkeypatch.setenv("EVAL_TOOLS_KEY_FILE", str(key))
    one = open_little(little).participants
    key.write_bytes(secrets.token_bytes(32))
    other = open_little(little).participants
    assert len(one) == len(other) == 60
    assert not set(one["participant"]) & set(other["participant"])


def test_an_unknown_number_names_the_ones_there_are(little):
    run = open_little(little)
    with pytest.raises(UnknownNames, match=r"ces-d\.total change paired_t programme"):
        run.number("ces-d.total", "chnge", "paired_t", "programme")


def test_an_unknown_block_names_the_ones_there_are(little):
    with pytest.raises(UnknownNames, match="unknown block"):
        open_little(little).show("flwo-table")
    with pytest.raises(UnknownNames, match="change-table"):
        open_little(little).show_each("change-tabel")
