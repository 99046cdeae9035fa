import ast
import re
from itertools import product
from pathlib import Path
from typing import get_args

import opencc
import pytest

import eval_tools
from eval_tools.comparison.branch import Branch, BranchId, choose_branch
from eval_tools.comparison.certainty import LEVELS, REASONS, START, Evidence, rate_certainty
from eval_tools.comparison.estimators import ESTIMATORS
from eval_tools.comparison.individual import CLASSES
from eval_tools.comparison.stepped import ESTIMATORS as STEPPED
from eval_tools.comparison.without_flagged import ESTIMATOR as WITHOUT_FLAGGED
from eval_tools.intake.quality.counts import HOW_MANY, HOW_OPEN
from eval_tools.intake.quality.rule import SIGNS
from eval_tools.reporting.chapters.annex import TESTED
from eval_tools.reporting.language import NAMED, SITE_PLACES, SITE_WORDS, WORD, catalogue
from eval_tools.scoring.form_checks import CHECKS, STATUSES
from eval_tools.stats.estimate import Status
from eval_tools.stats.stepped import Refusal
from eval_tools.stats.wwc import Equivalence
from eval_tools.studies.ages import Doubt
from eval_tools.studies.study import KNOWN_INFORMANTS, Assignment, SiteWord

LANGUAGES = ("en", "zh-Hant", "zh-Hans")
PACKAGE = Path(eval_tools.__file__).parent
PLACE = re.compile(r"%\((\w+)\)s|(%%)")
TRADITIONAL_TOO = {"布", "面", "群"}  # the converter also knows an older form of these

MOVED, TOLD = ("all", "mixed", "none"), ("unclear", "better", "worse", "both", "partly", "impossible")
HOW = ("", ".change")  # at equal starting scores, or by the change
WAYS = ("higher", "lower")
SINGLE = ("", ".single")  # with a comparison group, or of the change of a single one
NO_ESTIMATE = [status for status in (*get_args(Status), "suppressed", "needs_sites") if status != "estimated"]

SITES = range(13)


def every_branch() -> list[Branch]:
    """Every branch that some design with some numbers of sites can get."""
    designs = [
        Assignment(unit="site", randomised=True),
        Assignment(unit="site", randomised=False),
        Assignment(unit="participant", randomised=True),
        Assignment(unit="participant", randomised=False),
        Assignment(unit="none", randomised=False),
    ]
    return [
        choose_branch(
            design,
            has_sites=has_sites,
            sites_programme=programme,
            sites_comparison=comparison,
            n_people=n_people,
            n_waves=n_waves,
            share_linked=share,
        )
        for design, has_sites, programme, comparison, n_people, n_waves, share in product(
            designs, (True, False), SITES, (None, *SITES), (0, 100), (2, 3), (0.4, 1.0)
        )
    ]


BRANCHES = every_branch()
REFUSALS = sorted({code for branch in BRANCHES for code in branch.refused})
METHODS = (*ESTIMATORS, *TESTED, *STEPPED, WITHOUT_FLAGGED)
STEPPED_REFUSALS = (
    *(code for code in get_args(Refusal) if code != "one_start"),  # refused when study.yaml is read
    *("starts_merged", "too_few_for_a_claim", "all_started", "incomplete_sites"),
)
VERDICTS = ("better", "worse", "unclear", "no_claim")
ROLES = ("primary", "check", "alongside")
BY_SITE = ("site_change", "site_difference")

# Keys that the code puts together, by their pattern. Those of findings are taken from the source of intake.
FAMILIES = {
    "status.*": [f"status.{status}" for status in NO_ESTIMATE],
    "trust.*": [f"trust.sign.{sign}" for sign in SIGNS],
    "trust.note.*": ["trust.note.children", "trust.note.adults"],
    "trust.signs.*": [f"trust.signs.{n}" for n in HOW_MANY],
    "trust.open.*": [f"trust.open.{how}" for how in HOW_OPEN],
    "severity.*": ["severity.warning", "severity.note"],
    "headline.*.*": [f"headline.{moved}.{told}" for moved, told in product(MOVED, TOLD)],
    "headline.one.**": [
        *(f"headline.one.{told}.{level}" for told, level in product(("better", "worse", "alike"), LEVELS)),
        *(f"headline.one.{told}" for told in ("unclear", "no_claim", "unknown")),
    ],
    "headline.measure*.*": [f"headline.measure{h}.{way}" for h, way in product((".change", ".adjusted"), WAYS)],
    "headline.measure_plain*.*": [
        f"headline.measure_plain{how}.{way}" for how, way in product((".change", ".adjusted"), WAYS)
    ],
    "headline.measure_single.*": [f"headline.measure_single.{way}" for way in WAYS],
    "headline.measure_single_plain.*": [f"headline.measure_single_plain.{way}" for way in WAYS],
    "answer.difference.alike*": [f"answer.difference.alike{how}" for how in HOW],
    "answer.worthwhile.*": [f"answer.worthwhile.{where}" for where in ("surely", "partly", "small")],
    "headline.*.single": [f"headline.{moved}.single" for moved in MOVED],
    "answer.changed.*.*": [f"answer.changed.{how}.{way}" for how in ("all", "all_worse", "mixed") for way in WAYS],
    "answer.changed.single.*": [f"answer.changed.single.{way}" for way in WAYS],
    "answer.changed.single_plain.*": [f"answer.changed.single_plain.{way}" for way in WAYS],
    "answer.difference.**": [
        f"answer.difference.{told}{how}" for told, how in product(("better", "worse", "unclear", "rest"), HOW)
    ],
    "answer.difference.one*": [f"answer.difference.one{how}" for how in HOW],
    "read.scale.*": [f"read.scale.{way}" for way in WAYS],
    "box.plan.*": ["box.plan.before_data", "box.plan.after_data"],
    "box.design.randomised*": ["box.design.randomised", "box.design.randomised_sites"],
    "compare.figure.caption*": ["compare.figure.caption", "compare.figure.caption_one"],
    "compare.intro*": [f"compare.intro{how}" for how in HOW],
    "compare.intro_one*": [f"compare.intro_one{how}" for how in HOW],
    "compare.table.caption*": [f"compare.table.caption{how}" for how in HOW],
    "compare.figure.axis*": [f"compare.figure.axis{how}" for how in HOW],
    "baseline.*": [f"baseline.{meaning}" for meaning in get_args(Equivalence)],
    "compare.role.*": [f"compare.role.{role}" for role in ROLES],
    "branch.*": [f"branch.{branch}" for branch in get_args(BranchId)],
    "refused.*": [f"refused.{code}" for code in REFUSALS],
    "reason.*": [f"reason.{code}" for code in REASONS],
    "certainty.*": [f"certainty.{level}" for level in LEVELS],
    "method.*": [f"method.{name}" for name in METHODS],
    "stepped.branch.*": [f"stepped.branch.{order}" for order in ("chance", "chosen", "none")],
    "stepped.design.*": ["stepped.design.chance", "stepped.design.chosen"],
    "stepped.refused.*": [f"stepped.refused.{code}" for code in STEPPED_REFUSALS],
    "stepped.headline.**": [
        *(f"stepped.headline.{told}{one}" for told, one in product(VERDICTS[:3], ("", "_one"))),
        "stepped.headline.both",
        "stepped.headline.no_claim",
        "stepped.headline.impossible",
    ],
    "stepped.answer.*": [f"stepped.answer.{told}" for told in VERDICTS],
    "regions.table.caption.*": ["regions.table.caption.change", "regions.table.caption.difference"],
    "regions.together.*": ["regions.together.change", "regions.together.difference"],
    "regions.together_few.*": ["regions.together_few.change", "regions.together_few.difference"],
    "sites.prediction.*": [f"sites.prediction.{contrast}" for contrast in BY_SITE],
    "sites.figure.axis.*": [f"sites.figure.axis.{contrast}" for contrast in BY_SITE],
    "sites.figure.better.*": [f"sites.figure.better.{contrast}" for contrast in BY_SITE],
    "sites.figure.worse.*": [f"sites.figure.worse.{contrast}" for contrast in BY_SITE],
    "sites.table.caption.*": [f"sites.table.caption.{contrast}" for contrast in BY_SITE],
    "single.*": [f"single.{name}" for name in CLASSES],
    "informant.*": [f"informant.{name}" for name in KNOWN_INFORMANTS],
    "goals.wanted.*": [f"goals.wanted.{way}" for way in WAYS],
    "goals.verdict.*.*": [
        "goals.verdict.difference.alike",
        *(
            f"goals.verdict.{contrast}.{verdict}"
            for contrast, verdict in product(("difference", "change"), ("better", "worse", "unclear", "no_claim"))
        ),
    ],
    "subgroups.**": [f"subgroups.{how}{group}" for how, group in product(("unclear", "no_claim"), SINGLE)],
    "subgroups.clear*": [f"subgroups.clear{group}" for group in SINGLE],
    "subgroups.note*": ["subgroups.note", "subgroups.note_single"],
    "subgroups.caption*": ["subgroups.caption", "subgroups.caption_single"],
    "forms.doubt.*": [f"forms.doubt.{doubt}" for doubt in get_args(Doubt)],
    "forms.check.*": [f"forms.check.{check}" for check in (*CHECKS, *STATUSES)],
}


def sources(*rooms: str) -> list[ast.Module]:
    files = [file for room in rooms for file in sorted((PACKAGE / room).rglob("*.py"))]
    files = [file for file in files if file.name != "questionnaires.py"]  # its words are those of the forms
    return [ast.parse(file.read_text(encoding="utf-8")) for file in files]


def is_words(call: ast.Call) -> bool:
    """Whether a call looks up a sentence: words(...), desk.words(...), self.words(...), self(...) of Words."""
    f = call.func
    name = f.attr if isinstance(f, ast.Attribute) else f.id if isinstance(f, ast.Name) else ""
    return name == "words" or (isinstance(f, ast.Name) and f.id == "self")


def asked_for() -> tuple[set[str], set[str]]:
    """Keys written out in calls, and patterns of keys put together in them."""
    literal, pattern = set(), set()

    def take(node: ast.expr) -> None:
        if isinstance(node, ast.Constant):
            literal.add(node.value)
        elif isinstance(node, ast.IfExp):
            take(node.body)
            take(node.orelse)
        elif isinstance(node, ast.JoinedStr):
            pattern.add("".join(part.value if isinstance(part, ast.Constant) else "*" for part in node.values))

    for tree in sources("reporting", "runner"):
        if any(isinstance(node, ast.ImportFrom) and node.module == "eval_tools.forms.words" for node in ast.walk(tree)):
            continue  # speaks with the catalogue of the forms, which has a test of its own
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and is_words(node) and node.args:
                take(node.args[0])
    for template in (PACKAGE / "reporting" / "templates").glob("*.j2"):
        literal |= set(re.findall(r'words\("([^"]+)"', template.read_text(encoding="utf-8")))
    return literal, pattern


def rules_of_intake() -> set[str]:
    """Every rule with which intake notes a warning or something it resolved."""
    rules = {"already_reversed"}  # of scoring, found on the way to the report
    for tree in sources("intake"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add":
                severity = next((k.value for k in node.keywords if k.arg == "severity"), None)
                if severity is None or (isinstance(severity, ast.Constant) and severity.value == "error"):
                    continue
                if isinstance(node.args[0], ast.Constant):  # others have no word of their own in the report
                    rules.add(node.args[0].value)
    return rules


def test_the_three_catalogues_hold_the_same_keys_in_the_same_order():
    first = list(catalogue("en"))
    for language in LANGUAGES[1:]:
        assert list(catalogue(language)) == first


def test_no_key_stands_twice_in_a_catalogue():
    for language in LANGUAGES:
        text = (PACKAGE / "reporting" / "locale" / f"{language}.po").read_text(encoding="utf-8")
        keys = re.findall(r'^msgid "(.+)"$', text, re.MULTILINE)
        assert len(keys) == len(set(keys)) == len(catalogue(language))


def places_to_fill(sentence: str) -> list[tuple[str, str]]:
    """The places that the caller fills: how often a sentence names the sites themselves differs between languages."""
    found = [(name.removesuffix(NAMED), percent) for name, percent in PLACE.findall(sentence)]
    return sorted(place for place in found if place[0] not in SITE_PLACES and not place[0].endswith(WORD))


def test_every_sentence_has_the_same_places_in_every_language():
    for key, sentence in catalogue("en").items():
        for language in LANGUAGES[1:]:
            assert places_to_fill(catalogue(language)[key]) == places_to_fill(sentence), (key, language)


def test_no_sentence_writes_out_the_word_for_a_site():
    assert PLACE.sub("", catalogue("en")["sites.label"]).strip() == "", "the word stands in SITE_WORDS"
    for key in catalogue("en"):
        assert not re.search(r"\bsites?\b", PLACE.sub("", catalogue("en")[key]), re.IGNORECASE), key
        assert "地點" not in catalogue("zh-Hant")[key], key
        assert "地点" not in catalogue("zh-Hans")[key], key
    for words in SITE_WORDS.values():
        assert list(words) == list(get_args(SiteWord))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_can_be_filled(language):
    for key, sentence in catalogue(language).items():
        assert sentence.strip(), key
        filled = sentence % {name: "x" for name, _ in PLACE.findall(sentence)}
        if "%%" in sentence:  # a place that the figure fills
            filled = filled % {"n": "x"}
        assert "%" not in filled, key


def test_every_key_written_in_the_code_exists():
    literal, _ = asked_for()
    assert len(literal) > 100
    assert not literal - set(catalogue("en"))


def test_every_family_of_keys_is_complete():
    _, patterns = asked_for()
    assert patterns == set(FAMILIES), "a family was added or dropped: list its values here"
    assert not {key for keys in FAMILIES.values() for key in keys} - set(catalogue("en"))


def test_every_branch_of_the_decision_tree_can_be_reached_and_is_explained():
    assert {branch.id for branch in BRANCHES} == set(get_args(BranchId))
    assert {f"branch.{branch.id}" for branch in BRANCHES} == {k for k in catalogue("en") if k.startswith("branch.")}


def test_every_refusal_of_the_decision_tree_is_explained_and_no_other():
    assert "one_site_in_an_arm" in REFUSALS
    assert {f"refused.{code}" for code in REFUSALS} == {k for k in catalogue("en") if k.startswith("refused.")}


def test_every_estimator_that_a_branch_asks_for_has_a_name_in_plain_words():
    asked = {name for b in BRANCHES for name in (b.primary, *b.checks, *b.alongside)}
    assert asked == set(ESTIMATORS), "those of a stepped roll-out are not in the tree"
    assert {f"method.{name}" for name in METHODS} == {k for k in catalogue("en") if k.startswith("method.")}


def test_two_methods_of_one_table_never_have_the_same_name():
    for language in LANGUAGES:
        names = [catalogue(language)[f"method.{name}"] for name in METHODS]
        assert len(names) == len(set(names))


def test_every_reason_and_level_that_the_rule_of_certainty_can_give_has_words():
    given = set()
    for design in START:
        found = rate_certainty(
            Evidence(
                design=design,
                attrition_overall=0.9,
                attrition_high=True,
                fewest_sites=1,
                df=1.0,
                benefit_low=-1.0,
                benefit_high=1.0,
                imbalance=1.0,
                prior_low=0.1,
                prior_high=0.9,
                reliability=0.1,
                reliability_floor=0.7,
                sign_changes=True,
                plan_locked=False,
            )
        )
        given |= set(found.reasons)
    assert given == set(REASONS)
    assert {f"reason.{code}" for code in REASONS} == {k for k in catalogue("en") if k.startswith("reason.")}
    assert set(START.values()) <= set(LEVELS)


def test_a_reason_is_true_also_where_the_rule_fires_because_something_is_unknown():
    assert "range" not in catalogue("en")["reason.imprecise"], "there may be no range at all"
    for code in ("imbalance", "unreliable"):
        assert "known" in catalogue("en")[f"reason.{code}"]


def test_words_of_a_branch_claim_an_effect_only_to_deny_it():
    for key, sentence in catalogue("en").items():
        if key.startswith(("branch.", "refused.", "reason.", "method.")):
            assert "effect" not in sentence.replace("This is change, not effect.", "")
    for branch in ("people_single", "sites_single"):
        assert "change, not effect" in catalogue("en")[f"branch.{branch}"]
        assert "是變化，不是效果" in catalogue("zh-Hant")[f"branch.{branch}"]
        assert "是变化，不是效果" in catalogue("zh-Hans")[f"branch.{branch}"]


def test_what_the_report_names_of_intake_exists_and_the_rest_is_told_together():
    rules = rules_of_intake()
    assert {"corrected", "normalised", "total_differs", "wave_empty"} <= rules
    named = {k for k in catalogue("en") if k.startswith("finding.")} - {"finding.other"}
    assert named <= {f"finding.{rule}" for rule in rules}


def test_every_key_is_used():
    literal, _ = asked_for()
    constants = {
        node.value for tree in sources("reporting") for node in ast.walk(tree) if isinstance(node, ast.Constant)
    }
    in_families = {key for keys in FAMILIES.values() for key in keys}
    findings = {f"finding.{rule}" for rule in rules_of_intake()}
    assert set(catalogue("en")) - literal - constants - in_families - findings == set()


def test_simplified_sentences_hold_no_traditional_character():
    simplify = opencc.OpenCC("t2s").convert
    for key, sentence in catalogue("zh-Hans").items():
        assert simplify(sentence) == sentence, key


def test_traditional_sentences_hold_no_character_that_is_only_simplified():
    traditional = opencc.OpenCC("s2t").convert
    for key, sentence in catalogue("zh-Hant").items():
        pairs = zip(traditional(sentence), sentence, strict=True)
        assert not {b for a, b in pairs if a != b} - TRADITIONAL_TOO, key


def test_english_sentences_hold_no_chinese_and_chinese_ones_no_english_punctuation():
    for key, sentence in catalogue("en").items():
        assert not re.search(r"[\u3000-\u9fff\uff00-\uffef]", sentence), key
    for language, key in product(LANGUAGES[1:], catalogue("en")):
        assert not re.search(r"[\u4e00-\u9fff] ?[,;:?!()\"]", catalogue(language)[key]), (language, key)


def test_rows_and_columns_are_not_swapped_between_the_scripts():
    for key, sentence in catalogue("en").items():
        hant, hans = catalogue("zh-Hant")[key], catalogue("zh-Hans")[key]
        hant, hans = (re.sub("[執执進进]行", "", text) for text in (hant, hans))
        if re.search(r"\bcolumns?\b", sentence):
            assert ("欄" in hant, "行" in hant, "列" in hans, "行" in hans) == (True, False, True, False), key
        elif re.search(r"\brow\b", sentence):
            assert ("列" in hant, "行" in hant, "行" in hans, "列" in hans) == (True, False, True, False), key
        else:
            assert not re.search("第.{0,8}[行列]", hant + hans), key


BANNED_ENGLISH = (
    r"significan|\bproof|\bprov(ed?|es|en|ing)\b|\bno effect|\bno difference|\btrend|\bworks?\b|\bworked\b"
    r"|effective|\bimpact|\bsuccess|\bcaused\b|\bbecause of the programme"
    r"|\bimproved\b|abnormal|at risk|\brank(s|ed|ing)\b"
)
BANNED_SIMPLIFIED = re.findall(
    r"\S+",
    """
    显著 效果明显 成效 有效 促进了 使学生 得到改善 证明 证实 无效 无差异 没有差异 没有差别 趋于 边缘 异常 问题儿童
    问题学生 有病 高危 达标率 优秀率 排名 先进 落后 普遍认可 反响良好 影响 聚类 频率 没有变化 评价 项目
    """,
)


def test_no_english_sentence_claims_more_than_the_data():
    for key, sentence in catalogue("en").items():
        told = PLACE.sub("x", sentence)
        assert not re.search(BANNED_ENGLISH, told, re.IGNORECASE), (key, told)


@pytest.mark.parametrize(("language", "script"), [("zh-Hant", "s2t"), ("zh-Hans", "t2s")])
def test_no_chinese_sentence_claims_more_than_the_data(language, script):
    convert = opencc.OpenCC(script).convert
    banned = [convert(word) for word in BANNED_SIMPLIFIED]
    assert banned[0] == {"zh-Hant": "顯著", "zh-Hans": "显著"}[language]
    for key, sentence in catalogue(language).items():
        told_of_scores = key == "status.no_variation"  # "the scores do not vary" says nothing about groups
        found = [
            word for word in banned if word in sentence and not (told_of_scores and word in ("沒有差別", "没有差别"))
        ]
        assert not found, (key, found)
