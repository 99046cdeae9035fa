"""The form of a questionnaire definition: which keys, which types. Meaning is checked by the loader."""

from __future__ import annotations

from eval_tools.definitions.shapes import (
    SLUG,
    Either,
    Flag,
    ListOf,
    MapOf,
    Nullable,
    Number,
    Record,
    Shape,
    Slug,
    Text,
    Translated,
    Word,
)

WHOLE = Number(whole=True)
CODE = Number(-99, 999, whole=True)
DATE = Text(r"\d{4}(-\d{2}(-\d{2})?)?", "Write a date as 2026-11-24, in quotes.")
STANDING = Word("verified", "weak", "unverified")
INFORMANT = Word("self", "parent", "caregiver", "teacher", "volunteer", "observer")
INTERVAL = ListOf(Number(), exactly=2)
PARTIAL_TRANSLATION = Record({}, {"en": Nullable(Text()), "zh-Hant": Nullable(Text()), "zh-Hans": Nullable(Text())})

MISSING = Record(
    {"min_answered": Number(1, whole=True), "fill": Word("none", "prorate_mean", "zero")},
    {"rounding": Word("none", "half_up"), "status": STANDING, "source": ListOf(Text())},
)

ITEM_DEFAULTS: dict[str, Shape] = {"response_set": Slug(), "reverse": Flag(), "scored": Flag()}

SCALE: dict[str, Shape] = {
    "method": Word("sum", "mean"),
    "direction": Word("higher_is_better", "higher_is_worse", "none"),
    "missing": MISSING,
}

INSTRUMENT = Record(
    {
        "schema_version": Word("1.0"),
        "id": Slug(),
        "family": Slug(),
        "version": Text(r"\d+\.\d+\.\d+", 'Write a version as "1.0.0", in quotes.'),
        "form": Record(
            {
                "edition": Text(),
                "item_order": Text(),
                "recall": Nullable(Record({"value": WHOLE, "unit": Word("day", "week", "month", "year")})),
            },
            {"follow_up_of": Nullable(Slug())},
        ),
        "title": Translated(),
        "abbreviation": Text(),
        "constructs": ListOf(Slug(), at_least=1),
        "respondent": Record(
            {
                "informant": INFORMANT,
                "about": Word("child", "self", "programme"),
                "age_years": ListOf(Nullable(Number(0, 120, whole=True)), exactly=2),
            }
        ),
        "licence": Record(
            {
                "status": Word(
                    "public_domain",
                    "free_to_reproduce_translate_distribute",
                    "open_licence",
                    "open_licence_noncommercial",
                    "free_use_no_redistribution",
                    "permission_required",
                    "fee_required",
                    "unknown",
                ),
                "text_redistributable": Flag(),
                "holder": Text(),
                "terms": Text(),
                "evidence": ListOf(Record({"source": Text()}, {"read_on": DATE})),
            },
            {"local_text_file": Text()},
        ),
        "citation": Text(),
        "sources": MapOf(Record({"ref": Text(), "confidence": Word("A", "B", "C", "U")}), at_least=1),
        "checked_by": Nullable(Text()),
        "response_sets": MapOf(
            Record(
                {},
                {
                    "codes": ListOf(CODE, at_least=2),
                    "options": ListOf(
                        Record(
                            {"code": CODE, "label": PARTIAL_TRANSLATION},
                            {"scored": Flag(), "kind": Word("answer", "dont_know", "not_applicable")},
                        ),
                        at_least=2,
                    ),
                },
            ),
            at_least=1,
        ),
        "items": Record(
            {
                "defaults": Record({}, ITEM_DEFAULTS),
                "list": ListOf(
                    Record(
                        {"id": Slug(), "n": Number(1, whole=True)},
                        {**ITEM_DEFAULTS, "text": Nullable(PARTIAL_TRANSLATION)},
                    ),
                    at_least=1,
                ),
            }
        ),
        "scales": ListOf(
            Record(
                {"id": Slug(), "title": Translated(), "range": INTERVAL},
                {
                    **SCALE,
                    "items": ListOf(Slug(), at_least=1),
                    "of_scales": ListOf(Slug(), at_least=1),
                    "bands": MapOf(ListOf(INTERVAL, at_least=2)),
                },
            ),
            at_least=1,
        ),
        "test_vectors": ListOf(
            Record(
                {
                    "name": Slug(),
                    "origin": Word("published", "derived"),
                    "responses": MapOf(Nullable(CODE), at_least=1),
                    "expect": MapOf(
                        Either(str, Slug(), Nullable(Number())), keys=SLUG + "(@" + SLUG + ")?", at_least=1
                    ),
                },
                {"source": Text()},
            ),
            at_least=4,
        ),
        "changes": ListOf(Record({"version": Text(), "date": DATE, "what": Text(), "why": Text()}), at_least=1),
    },
    {
        "text_status": Record(
            {},
            dict.fromkeys(
                ("en", "zh-Hant", "zh-Hans"),
                Word(
                    "original",
                    "official_translation",
                    "validated_translation",
                    "circulating_translation",
                    "character_conversion",
                    "machine",
                ),
            ),
        ),
        "stem": PARTIAL_TRANSLATION,
        "band_schemes": MapOf(
            Record(
                {
                    "population": Text(),
                    "status": STANDING,
                    "labels": MapOf(Translated(), at_least=2),
                },
                {
                    "source": ListOf(Text()),
                    "informant": INFORMANT,
                    "note": Translated(),
                },
            )
        ),
        "default_band_scheme": Nullable(Slug()),
        "scale_defaults": Record({}, SCALE),
    },
)
