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
INFORMANT = Word("self", "parent", "caregiver", "teacher", "volunteer", "staff", "community", "observer")
SEX = Word("female", "male")
INTERVAL = ListOf(Number(), exactly=2)
AGES = ListOf(Nullable(Number(0, 120, whole=True)), exactly=2)
GRADES = ListOf(Nullable(Number(1, 12, whole=True)), exactly=2)
SOURCE = Either(str, Text(), ListOf(Text(), at_least=1))
RULE = Text(
    r"(>=|<=|==) *-?\d+(\.\d+)?|in \[ *-?\d+( *, *-?\d+)* *\]",
    'Write one of ">= 2", "<= 2", "== 2", "in [1, 2]", in quotes; other expressions are not evaluated.',
)
PARTIAL_TRANSLATION = Record({}, {"en": Nullable(Text()), "zh-Hant": Nullable(Text()), "zh-Hans": Nullable(Text())})
PERMISSION = Word("allowed", "with_permission", "forbidden", "unknown")

MISSING = Record(
    {"min_answered": Number(1, whole=True), "fill": Word("none", "prorate_mean", "zero")},
    {"rounding": Word("none", "half_up"), "status": STANDING, "source": SOURCE, "valid_from": DATE},
)

ITEM_DEFAULTS: dict[str, Shape] = {"response_set": Slug(), "reverse": Flag(), "scored": Flag()}

CRITICAL = Record(
    {"when": RULE, "level": Word("urgent", "attention")},
    {"action": Slug(), "omit_form": Nullable(Slug()), "status": STANDING, "source": SOURCE},
)

SCALE: dict[str, Shape] = {
    "method": Word("sum", "mean", "weighted_sum", "count", "any", "max", "sum_correct", "percent_correct"),
    "direction": Word("higher_is_better", "higher_is_worse", "none"),
    "missing": MISSING,
}

TRANSFORM = Record(
    {},
    {"multiply": Number(), "add": Number(), "lookup_file": Text(r"[A-Za-z0-9_.-]+\.csv", "A csv beside the file.")},
)

NORM = Record(
    {"population": Text(), "mean": Nullable(Number()), "sd": Nullable(Number(0))},
    {
        "n": Nullable(Number(1, whole=True)),
        "age_years": AGES,
        "grades": GRADES,
        "sex": SEX,
        "informant": INFORMANT,
        "year": Text(),
        "status": STANDING,
        "source": SOURCE,
        "note": Text(),
    },
)

RELIABILITY = Record(
    {
        "kind": Word("alpha", "omega", "split_half", "retest_r", "icc", "sem"),
        "population": Text(),
    },
    {
        "value": Nullable(Number()),
        "between": INTERVAL,
        "interval": Text(),
        "n": Number(1, whole=True),
        "informant": INFORMANT,
        "age_years": AGES,
        "status": STANDING,
        "source": SOURCE,
        "note": Text(),
    },
)

IMPORTANT_DIFFERENCE = Record(
    {"population": Text()},
    {
        "value": Nullable(Number()),
        "value_pct": Nullable(Number()),
        "between": INTERVAL,
        "age_years": AGES,
        "status": STANDING,
        "source": SOURCE,
        "note": Text(),
    },
)

STATED_NUMBER = Either(
    dict, Record({"value": Nullable(Number(0))}, {"status": STANDING, "source": SOURCE}), Nullable(Number(0))
)

FORM = Record(
    {
        "edition": Text(),
        "item_order": Text(),
        "recall": Nullable(
            Record({"value": WHOLE, "unit": Word("day", "week", "month", "year")}, {"status": STANDING})
        ),
    },
    {
        "follow_up_of": Nullable(Slug()),
        "code_direction": Record({"first_code": CODE, "first_means": Text()}),
    },
)

RESPONDENT = Record(
    {
        "informant": INFORMANT,
        "about": Word("child", "self", "family", "programme"),
        "age_years": AGES,
    },
    {"grades": GRADES, "reading_age": STATED_NUMBER, "minutes": STATED_NUMBER},
)

LICENCE = Record(
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
    {
        "local_text_file": Text(),
        "credit_line": Text(),
        "permitted_use": Record({}, dict.fromkeys(("paper", "electronic", "translation", "subset"), PERMISSION)),
    },
)

ITEM = Record(
    {"id": Slug(), "n": Number(1, whole=True)},
    {
        **ITEM_DEFAULTS,
        "text": Nullable(PARTIAL_TRANSLATION),
        "critical": Either(list, ListOf(CRITICAL, at_least=1), CRITICAL),
        "answer_key": ListOf(CODE, at_least=1),
        "min_age": Number(0, 120, whole=True),
        "asked_if": Record({"item": Slug(), "when": RULE}),
    },
)

BAND_SCHEME = Record(
    {
        "population": Text(),
        "status": STANDING,
        "labels": MapOf(Translated(), at_least=2),
    },
    {
        "source": SOURCE,
        "informant": INFORMANT,
        "group": Slug(),
        "age_years": AGES,
        "sex": SEX,
        "note": Translated(),
    },
)

ONE_SCALE = Record(
    {"id": Slug(), "title": Translated(), "range": INTERVAL},
    {
        **SCALE,
        "items": ListOf(Slug(), at_least=1),
        "of_scales": ListOf(Slug(), at_least=1),
        "overlapping": Flag(),
        "sensitivity_of": Slug(),
        "reverse_override": MapOf(Flag(), at_least=1),
        "weights": MapOf(Number(), at_least=1),
        "value_map": MapOf(Number(), keys=r"-?[0-9]+", at_least=2),
        "zero_if": Record({"item": Slug(), "equals": CODE}),
        "count_when": RULE,
        "at_least": Number(1, whole=True),
        "dont_know_counts_as": Word("missing", "wrong"),
        "transform": ListOf(TRANSFORM, at_least=1),
        "bands": MapOf(ListOf(INTERVAL, at_least=2)),
        "norms": ListOf(NORM),
        "reliability": ListOf(RELIABILITY),
        "important_difference": ListOf(IMPORTANT_DIFFERENCE),
        "status": STANDING,
        "source": SOURCE,
    },
)

VALIDITY = Record(
    {"id": Slug(), "action": Word("flag", "exclude_from_main_analysis", "void")},
    {
        "scale": Slug(),
        "rule": RULE,
        "pattern": Word("same_answer", "alternating"),
        "report_both": Flag(),
        "why": Translated(),
        "status": STANDING,
        "source": SOURCE,
    },
)

DERIVED = Record(
    {
        "id": Slug(),
        "title": Translated(),
        "constant": Number(),
        "terms": ListOf(Record({"wave": Number(1, 2, whole=True), "scale": Slug(), "weight": Number()}), at_least=1),
        "test": Record({"wave1": MapOf(Number()), "wave2": MapOf(Number()), "expect": Number()}),
    },
    {
        "direction": Word("higher_is_better", "higher_is_worse", "none"),
        "applies_to": Word("groups_only", "groups_and_children"),
        "effect_size_divisor": Number(0),
        "warning": Translated(),
        "status": STANDING,
        "source": SOURCE,
    },
)

RESPONSES = MapOf(
    Either(list, ListOf(Nullable(CODE), at_least=1), Either(str, Word("low", "high", "stair"), Nullable(CODE))),
    at_least=1,
)
EXPECT = MapOf(
    Either(list, ListOf(Slug()), Either(str, Slug(), Nullable(Number()))),
    keys=SLUG + "(@" + SLUG + ")?",
    at_least=1,
)

INSTRUMENT = Record(
    {
        "schema_version": Word("1.0"),
        "id": Slug(),
        "family": Slug(),
        "version": Text(r"\d+\.\d+\.\d+", 'Write a version as "1.0.0", in quotes.'),
        "form": FORM,
        "title": Translated(),
        "abbreviation": Text(),
        "constructs": ListOf(Slug(), at_least=1),
        "respondent": RESPONDENT,
        "licence": LICENCE,
        "citation": Text(),
        "sources": MapOf(
            Record({"ref": Text(), "confidence": Word("A", "B", "C", "U")}, {"checked_by": Text(), "checked_on": DATE}),
            at_least=1,
        ),
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
        "items": Record({"defaults": Record({}, ITEM_DEFAULTS), "list": ListOf(ITEM, at_least=1)}),
        "scales": ListOf(ONE_SCALE, at_least=1),
        "test_vectors": ListOf(
            Record(
                {
                    "name": Slug(),
                    "origin": Word("published", "derived"),
                    "responses": RESPONSES,
                    "expect": EXPECT,
                },
                {"source": SOURCE, "age": Number(0, 120), "sex": SEX},
            ),
            at_least=4,
        ),
        "changes": ListOf(Record({"version": Text(), "date": DATE, "what": Text(), "why": Text()}), at_least=1),
    },
    {
        "kind": Word("scale", "knowledge_test", "checklist", "log", "feedback"),
        "template": Flag(),
        "cautions": ListOf(Translated(), at_least=1),
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
        "open_questions": ListOf(
            Record({"id": Slug(), "n": Number(1, whole=True)}, {"text": Nullable(PARTIAL_TRANSLATION)})
        ),
        "band_schemes": MapOf(BAND_SCHEME),
        "default_band_scheme": Nullable(Slug()),
        "norms_file": Text(r"[A-Za-z0-9_.-]+\.csv", "A csv beside the file."),
        "scale_defaults": Record({}, SCALE),
        "validity": ListOf(VALIDITY),
        "derived": ListOf(DERIVED),
    },
)
