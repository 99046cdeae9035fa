"""An invented questionnaire of three items, for the examples in docstrings."""

from __future__ import annotations

from types import MappingProxyType

from eval_tools.instruments.facts import Licence
from eval_tools.instruments.instrument import Instrument, Item, MissingRule, Option, ResponseSet, Scale

_ANSWERS = ResponseSet(
    id="often3",
    options=(
        Option(code=0, label={"en": "Never", "zh-Hant": "從不", "zh-Hans": "从不"}, scored=True),
        Option(code=1, label={"en": "Sometimes", "zh-Hant": "有時", "zh-Hans": "有时"}, scored=True),
        Option(code=2, label={"en": "Often", "zh-Hant": "經常", "zh-Hans": "经常"}, scored=True),
    ),
)
_TEXTS = (
    {"en": "I feel at home here.", "zh-Hant": "我在這裡感到自在。", "zh-Hans": "我在这里感到自在。"},
    {"en": "I would rather be elsewhere.", "zh-Hant": "我寧願在別的地方。", "zh-Hans": "我宁愿在别的地方。"},
    {"en": "People here know me.", "zh-Hant": "這裡的人認識我。", "zh-Hans": "这里的人认识我。"},
)

EXAMPLE = Instrument(
    id="feeling-at-home",
    family="feeling-at-home",
    version="1.0.0",
    title={"en": "Feeling at home", "zh-Hant": "自在感", "zh-Hans": "自在感"},
    abbreviation="FAH",
    edition="invented, 3 items",
    informant="self",
    about="child",
    age_years=(9, 15),
    citation="Invented for this manual",
    licence=Licence(
        status="public_domain",
        text_redistributable=True,
        holder="none",
        terms="free",
        permitted_use=MappingProxyType({"paper": "allowed", "electronic": "allowed"}),
    ),
    items=MappingProxyType(
        {
            f"fah{n}": Item(id=f"fah{n}", number=n, text=text, responses=_ANSWERS, reverse=n == 2, scored=True)
            for n, text in enumerate(_TEXTS, start=1)
        }
    ),
    scales=MappingProxyType(
        {
            "total": Scale(
                id="total",
                title={"en": "Feeling at home", "zh-Hant": "自在感", "zh-Hans": "自在感"},
                items=("fah1", "fah2", "fah3"),
                of_scales=(),
                method="sum",
                low=0,
                high=6,
                direction="higher_is_better",
                missing=MissingRule(min_answered=3, fill="none", rounding="none", status="verified"),
                band_schemes=MappingProxyType({}),
            )
        }
    ),
    default_band_scheme=None,
    test_vectors=(),
    unverified=(),
    file="feeling-at-home.yaml",
)
