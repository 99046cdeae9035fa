"""The form of study.yaml: which keys, which types. Meaning is checked by the loader."""

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
    TextOrNone,
    Translated,
    Word,
)

NAME_OF_FILE = r"(?!\.\.?(/|$))[^/\\:*?\"<>|\x00-\x1f]+"
FILE = Text(
    rf"{NAME_OF_FILE}(/{NAME_OF_FILE})*",
    "A path below the study's folder, with / between folders and no '..'.",
)
NAME_WITH_STAR = r"(?!\.\.?(/|$))[^/\\:?\"<>|\x00-\x1f]+"
FILES = Text(
    rf"{NAME_WITH_STAR}(/{NAME_WITH_STAR})*",
    "A path below the study's folder in which * stands for any text of a name, e.g. 2026-spring/child_*.xlsx.",
)
MEANINGS = MapOf(Text(), keys=r"[^\n]+", at_least=1)
CONSENTS = {"consent": MEANINGS, "assent": MEANINGS}
VALUES = Record({}, {"wave": MEANINGS, "group": MEANINGS, "site": MEANINGS, **CONSENTS})
ROSTER_VALUES = Record(
    {}, {"group": MEANINGS, "site": MEANINGS, "region": MEANINGS, "sex": MEANINGS, **CONSENTS, "consent_ends": MEANINGS}
)
ENCODING = Word("utf-8", "utf-8-sig", "utf-16", "gb18030", "big5hkscs")
READER = Word(
    "table",
    "wjx",
    "kobo",
    "odk-central",
    "surveycto",
    "redcap",
    "limesurvey",
    "qualtrics",
    "spss",
    "microsoft-forms",
    "google-forms",
    "tencent-survey",
    "tencent-docs",
    "double-entry",
)
COMPANIONS = Record(
    {}, dict.fromkeys(("form", "dictionary", "structure", "labels", "entry_b", "decisions", "repeats"), FILE)
)
HOW_TO_READ: dict[str, Shape] = {
    "reader": READER,  # without it, the one whose marks the file bears
    "encoding": ENCODING,
    "sheet": Text(),
    "header_row": Number(1, whole=True),
    "companions": COMPANIONS,
}
TEXTS = ListOf(Text())
ROLES = Record({}, dict.fromkeys(("direct", "quasi", "sensitive", "other"), ListOf(Text(), at_least=1)))
DAY = Text(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "Write year-month-day, 2031-08-31.")
MISSING: dict[str, Shape] = {"blank": TEXTS, "skipped": TEXTS, "not_in_version": TEXTS, "refused": TEXTS}
GOAL = Record({"title": Translated()}, {"outcomes": ListOf(Text())})
SUBGROUP = Record({"title": Translated(), "levels": MapOf(Translated(), at_least=2)})
SUBGROUP_COLUMN = Record({"column": Text()}, {"values": MEANINGS, "blank": ListOf(Text())})
OUTCOME = Record(
    {
        "outcome": Text(rf"{SLUG}\.{SLUG}", "Write questionnaire.scale, e.g. ces-d.total."),
        "better": Word("higher", "lower"),
    },
    {"smallest_worthwhile": Nullable(Number(0)), "informant": Slug()},
)

STUDY = Record(
    {
        "schema_version": Word("1.0"),
        "study": Slug(),
        "title": Translated(),
        "about": Translated(),
        "kind": Word("real", "synthetic"),
        "respondents": Word("adults", "children"),
        "assignment": Record(
            {"unit": Word("participant", "site", "none"), "randomised": Flag()},
            {"starts": MapOf(ListOf(Text(), at_least=1), at_least=1)},
        ),
        "groups": MapOf(Record({"title": Translated(), "role": Word("programme", "comparison")}), at_least=1),
        "waves": ListOf(
            Record({"id": Slug(), "role": Word("before", "after", "follow-up"), "title": Translated()}),
            at_least=1,
        ),
        "informants": Either(dict, MapOf(Translated(), at_least=1), ListOf(Slug(), at_least=1)),
        "sources": ListOf(
            Record(
                {
                    "informant": Slug(),
                    "columns": Record(
                        {},
                        dict.fromkeys(("participant", "wave", "group", "site", "consent", "assent"), Text()),
                    ),
                    "instruments": MapOf(
                        Record(
                            {},
                            {
                                "columns": Either(str, Text(), ListOf(Text(), at_least=1)),
                                "start": Text(),
                                "absent": ListOf(Text(), at_least=1),
                                "answers": MapOf(Number(whole=True), keys=r"[^\n]+", at_least=1),
                            },
                        ),
                        at_least=1,
                    ),
                },
                {
                    **HOW_TO_READ,
                    **MISSING,
                    "file": FILE,
                    "files": FILES,
                    "wave": Slug(),
                    "values": VALUES,
                    "totals": MapOf(Text(rf"{SLUG}\.{SLUG}", "Write questionnaire.scale."), keys=r"[^\n]+"),
                    "ignore": TEXTS,
                    "rows": Record({"column": Text(), "equals": ListOf(TextOrNone(), at_least=1)}),
                    "roles": ROLES,
                },
            ),
            at_least=1,
        ),
        "plan": Record(
            {
                "primary": ListOf(OUTCOME, at_least=1),
                "decision_term": Slug(),
                "written": Word("before_data", "after_data"),
            },
            {"secondary": ListOf(OUTCOME), "reliability_floor": Number(0, 1), "subgroups": ListOf(Slug())},
        ),
        "publish": Record(
            {
                "languages": ListOf(Word("en", "zh-Hant", "zh-Hans"), at_least=1),
                "min_cell": Number(1, 100, whole=True),
                "round_to": Number(1, 100, whole=True),
            },
            {"single_people": Record({"allowed": Flag(), "reason": Text()}, {"decided_by": Text()})},
        ),
        "people": Record(
            {"identifiers": Word("direct", "published_arbitrary")},
            {
                "safeguarding_lead": Text(),
                "safeguarding_key": Text(r"age1[0-9a-z]{58}", "The public half of the duty holder's own key, age1…"),
                "consent": Word("in_data", "recorded_elsewhere"),
                "retention_until": DAY,
                "key_fingerprint": Text(r"[0-9a-f]{8}", "Eight signs, as eval-tools key new prints them."),
            },
        ),
    },
    {
        "regions": MapOf(Record({"title": Translated(), "sites": ListOf(Text(), at_least=1)}), at_least=1),
        "confirmed": ListOf(
            Record(
                {
                    "site": Text(),
                    "was": Record({}, {"region": Slug(), "group": Slug()}),
                    "from_wave": Slug(),
                    "reason": Text(),
                }
            ),
            at_least=1,
        ),
        "site_word": Word("site", "school", "village", "centre"),
        "attribution": Text(),
        "licence": Text(),
        "goals": MapOf(GOAL, at_least=1),
        "subgroups": MapOf(SUBGROUP, at_least=1),
        "roster": Record(
            {
                "file": FILE,
                "columns": Record(
                    {},
                    dict.fromkeys(
                        ("participant", "group", "site", "region", "age", "sex", "consent", "assent", "consent_ends"),
                        Text(),
                    ),
                ),
            },
            {
                **HOW_TO_READ,
                "values": ROSTER_VALUES,
                "blank": TEXTS,
                "subgroups": MapOf(SUBGROUP_COLUMN, at_least=1),
                "ignore": TEXTS,
                "roles": ROLES,
            },
        ),
    },
)
