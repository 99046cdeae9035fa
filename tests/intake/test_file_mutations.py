"""A hundred damaged files of every kind; ``benchmarks/intake_mutations.py`` makes ten thousand."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

N = 100


@pytest.fixture(scope="module")
def mutations():
    place = Path(__file__).parents[2] / "benchmarks" / "intake_mutations.py"
    spec = importlib.util.spec_from_file_location("intake_mutations", place)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks on this system")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("kind", ["csv", "xlsx", "xls", "ods", "sav", "json", "xml"])
def test_damaged_files_are_read_or_refused_in_words(mutations, monkeypatch, kind):
    for module in (mutations.spss_file, mutations.old_spreadsheet):
        monkeypatch.setattr(module, "ask_child", mutations.in_a_fork)
    became = mutations.run(kind, N)
    assert sum(count for what, count in became.items() if ", " not in what) == N
    assert became["read"] > 0
    assert became["read"] < N


def test_every_kind_is_damaged_here_too(mutations):
    assert set(mutations.KINDS) == {"csv", "xlsx", "xls", "ods", "sav", "json", "xml"}
