"""The shipped questionnaires, and an invented one, for tests of what follows from a definition."""

from __future__ import annotations

import pytest

from eval_tools.forms.example import EXAMPLE
from eval_tools.forms.wording import find_wording
from eval_tools.forms.words import LANGUAGES
from eval_tools.instruments.load import load_instruments


@pytest.fixture(scope="session")
def library(root):
    return load_instruments(root / "questionnaires")


@pytest.fixture
def example():
    return EXAMPLE


@pytest.fixture
def wordings_of():
    return lambda instrument: {language: find_wording(instrument, language) for language in LANGUAGES}
