"""Answers of invented children to the 25 items of the SDQ and to other shipped questionnaires."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eval_tools.instruments.instrument import Instrument
from eval_tools.instruments.load import load_instrument

ROOT = Path(__file__).parents[3]
REASONS = {"": "", ".": "blank", "!": "invalid", "-": "skipped", "~": "not_in_version"}


@pytest.fixture(scope="session")
def sdq() -> Instrument:
    return load_instrument(ROOT / "questionnaires/sdq/sdq-s.yaml")


@pytest.fixture(scope="session")
def mht() -> Instrument:
    return load_instrument(ROOT / "questionnaires/mht/mht.yaml")


@pytest.fixture(scope="session")
def responses_of():
    """Make RESPONSES of strings, one character an item: a code, or . blank, ! invalid, - skipped, ~ not in version."""

    def make(
        forms: dict[str, str], instrument: Instrument, *, wave: str = "autumn", informant: str = "child"
    ) -> pd.DataFrame:
        rows = []
        for who, text in forms.items():
            padded = text.ljust(len(instrument.items), "-")
            for item, sign in zip(instrument.items, padded, strict=True):
                answer = float(sign) if sign.isdigit() else np.nan
                reason = "" if sign.isdigit() else REASONS[sign]
                rows.append((who, wave, informant, instrument.id, item, answer, reason))
        columns = ["participant", "wave", "informant", "instrument", "item", "answer", "missing"]
        return pd.DataFrame(rows, columns=columns)

    return make


@pytest.fixture(scope="session")
def earnest() -> dict[str, str]:
    """60 invented children who answer the 25 items in earnest."""
    return in_earnest(60)


@pytest.fixture(scope="session")
def many_in_earnest() -> dict[str, str]:
    """400 of them."""
    return in_earnest(400)


def in_earnest(n_children: int) -> dict[str, str]:
    """Invent answers of one trait to five scales, reversed items obeyed."""
    rng = np.random.default_rng(5)
    reverse, kind = {7, 11, 14, 21, 25}, {1, 4, 9, 17, 20}
    forms = {}
    for i in range(n_children):
        trait = rng.normal()
        codes = []
        for n in range(1, 26):
            level = 0.9 + 0.8 * (trait if n not in kind else -trait) + rng.normal(scale=0.5)
            code = int(np.clip(np.rint(level), 0, 2))
            codes.append(2 - code if n in reverse else code)
        forms[f"p{i:02}"] = "".join(map(str, codes)) + "0"
    return forms


@pytest.fixture(scope="session")
def people_of():
    """Make PARTICIPANTS: everybody in one group and school unless told otherwise."""

    def make(names, *, group=lambda i: "programme", site=lambda i: "s1") -> pd.DataFrame:
        rows = [(who, group(i), site(i)) for i, who in enumerate(names)]
        return pd.DataFrame(rows, columns=["participant", "group", "site"])

    return make
