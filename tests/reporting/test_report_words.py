import csv
import re
from math import isfinite
from xml.sax.saxutils import unescape

import opencc
import pytest

from eval_tools.reporting.language import Words

LANGUAGES = ("en", "zh-Hant", "zh-Hans")
TERMS = ("posttest", "follow-up-2w", "follow-up-5w", "follow-up-14w", "follow-up-27w")
EDITIONS = [(term, language) for term in TERMS for language in LANGUAGES]
GROUPS = ("signature-strengths", "three-good-things", "gratitude-visit", "early-memories")
CONTENTS = {"ahi.total": "higher", "ces-d.total": "lower"}
every_edition = pytest.mark.parametrize(("term", "language"), EDITIONS)

BANNED = {
    "en": r"significan|\bproof|\bprov(ed?|es|en)\b|\bno effect|\bno difference|\btrend|\bworks\b|effective"
    r"|\bimpact|\bsuccess|\bcaused\b|\bp\s*[<=]",
    "zh-Hans": r"显著|效果明显|成效|有效|促进|证明|证实|无效|无差异|没有差异|趋于|边缘|异常|问题儿童|有病|高危|达标率"
    r"|优秀率|排名|先进|落后|影响|没有变化|\bp\s*[<=]|p 值",
}
BANNED["zh-Hant"] = opencc.OpenCC("s2t").convert(BANNED["zh-Hans"])


def result(edition, outcome, contrast, estimator):
    """The released rows of one estimator, by group."""
    table = edition.run.material.results.data
    mine = table[(table["outcome"] == outcome) & (table["contrast"] == contrast) & (table["estimator"] == estimator)]
    return {row["group"]: row for row in mine.to_dict("records")}


def signed(value, digits=1):
    """A number as a reader would write it down, independently of the package."""
    text = f"{abs(value):.{digits}f}"
    if not float(text):
        return text
    return ("−" if value < 0 else "+") + text


def all_moved_better(edition):
    return all(
        (row["estimate"] > 0) == (better == "higher")
        for outcome, better in CONTENTS.items()
        for group, row in result(edition, outcome, "change", "paired_t").items()
        if group != "all"
    )


def one_is_clear(edition):
    return any(
        row["p_adjusted"] < 0.05
        for outcome in CONTENTS
        for row in result(edition, outcome, "difference", "ancova_hc3").values()
    )


SPANS = ((min, "estimate"), (max, "estimate"), (min, "ci_low"), (max, "ci_high"))


# --- the real trial ----------------------------------------------------------------------------------------


def test_at_the_posttest_all_groups_got_better_and_none_can_be_told_from_the_placebo(woodworth):
    told = {language: woodworth["posttest", language].report.block("headline").text for language in LANGUAGES}
    assert told["en"].startswith(
        "Each of the 4 groups moved in the better direction on average, and no programme group ended clearly better "
        "or worse than “Recording early memories (placebo)”."
    )
    assert told["zh-Hant"].startswith(
        "4 個組平均都朝好的方向變化，沒有一個介入組的結果比「記錄早年記憶（安慰劑）」明顯更好或更差。"
    )
    assert told["zh-Hans"].startswith(
        "4 个组平均都朝好的方向变化，没有一个干预组的结果比“记录早年记忆（安慰剂）”明显更好或更差。"
    )


@every_edition
def test_the_headline_says_what_the_released_numbers_say(woodworth, term, language):
    edition = woodworth[term, language]
    key = f"headline.{'all' if all_moved_better(edition) else 'mixed'}.unclear"
    reference = edition.report.block("tests-table").rows[-1][0]
    places = {"n_groups": 4, "reference": edition.run.study.groups["early-memories"].title[language]}
    assert not one_is_clear(edition), "the published conclusion: no exercise stands out from the placebo"
    headline = edition.report.block("headline").text
    assert headline.startswith(Words(language)(key, **places))
    for outcome in ("ahi.total", "ces-d.total"):
        rows = result(edition, outcome, "difference", "ancova_hc3").values()
        ends = [f(row[key] for row in rows) for f, key in SPANS]
        assert all(signed(value) in headline for value in ends), "points and ranges, over all groups"
    assert str(int(result(edition, "ahi.total", "change", "paired_t")["all"]["n"])) in headline
    assert places["reference"] in reference


@every_edition
def test_the_answer_says_how_many_people_it_rests_on(woodworth, term, language):
    edition = woodworth[term, language]
    flow = edition.run.material.flow.data.set_index(["group", "wave"])
    enrolled, paired = (int(flow.loc[("all", term), column]) for column in ("n_enrolled", "n_paired"))
    last = edition.report.block("answer").items[-1]
    assert {str(enrolled), str(paired), str(enrolled - paired)} <= set(re.findall(r"\d+", last))
    assert int(result(edition, "ahi.total", "change", "paired_t")["all"]["n"]) == paired


@every_edition
def test_only_the_decision_term_is_offered_for_decision(woodworth, term, language):
    edition = woodworth[term, language]
    ids = [block.id for block in edition.report.blocks()]
    standing = dict(edition.report.facts.pairs)[Words(language)("box.standing")]
    interim = Words(language)("term.interim", decision=decision(language))
    assert ("interim" in ids) == (term != "posttest") == (interim in standing)
    if term != "posttest":
        assert edition.report.block("interim").text == interim
        assert edition.report.block("interim").role == "warning"
        assert Words(language)("sure.interim") in edition.report.block("sure").items
    else:
        assert Words(language)("term.decision") in standing


def decision(language):
    return {"en": "posttest (1 week)", "zh-Hant": "後測（1 週）", "zh-Hans": "后测（1 周）"}[language]


@every_edition
def test_no_banned_word_stands_outside_the_annex(woodworth, term, language):
    page = woodworth[term, language].page
    text = unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)))
    text += " ".join(re.findall(r'aria-label="([^"]*)"', page))
    annex = Words(language)("annex.heading")
    body = text.rpartition(annex)[0]
    assert len(body) > 2000
    assert not re.findall(BANNED[language], body, re.IGNORECASE)


@every_edition
def test_p_values_stand_in_the_annex_and_nowhere_else(woodworth, term, language):
    edition = woodworth[term, language]
    words = Words(language)
    with_p = [b.id for b in edition.report.blocks() if b.kind == "table" and words("annex.p") in b.header]
    assert with_p == ["tests-table"]
    body = edition.sentences(annex=False, but=("reliability-table",))  # three decimals, like p values
    rows = [r for o in CONTENTS for r in result(edition, o, "difference", "ancova_hc3").values()]
    written = {words.p_value(row["p_value"]) for row in rows}
    assert written <= {row[2] for row in edition.report.block("tests-table").rows}
    assert not [p for p in written if re.search(rf"(?<![\d.]){re.escape(p)}(?!\d)", body)]


@every_edition
def test_every_figure_is_told_in_words_of_the_language_and_not_by_its_caption(woodworth, term, language):
    pictures = [block for block in woodworth[term, language].report.blocks() if block.kind == "picture"]
    assert len(pictures) == 10
    for picture in pictures:
        alt, caption = picture.drawing.alt, picture.drawing.caption
        assert len(alt) > 20, picture.id
        assert re.search(r"\d", alt), picture.id
        assert alt not in caption
        assert caption not in alt
        assert bool(re.search("[\u4e00-\u9fff]", alt)) == (language != "en")
        assert bool(re.search("[\u4e00-\u9fff]", caption)) == (language != "en")


@every_edition
@pytest.mark.parametrize("outcome", CONTENTS)
def test_the_sentence_on_change_holds_the_released_numbers(woodworth, term, language, outcome):
    edition = woodworth[term, language]
    rows = result(edition, outcome, "change", "paired_t")
    values = [rows[group]["estimate"] for group in GROUPS]
    better = [v for v in values if (v > 0) == (CONTENTS[outcome] == "higher")]
    clear = [g for g in GROUPS if rows[g]["ci_low"] > 0 or rows[g]["ci_high"] < 0]
    everyone = len(better) == 4
    low, high = (f(abs(v) for v in values) if everyone else f(values) for f in (min, max))
    words = Words(language)
    scale = edition.run.instruments[outcome.split(".")[0]].scales["total"]
    title = scale.title[language]
    sentence = next(item for item in edition.report.block("answer").items if item.startswith(title))
    span = [f"{v:.1f}" if everyone else signed(v) for v in (low, high)]
    assert (f"{span[0]} to {span[1]}" if language == "en" else f"{span[0]} 至 {span[1]}") in sentence
    assert f"{scale.low:g}" in sentence
    assert f"{scale.high:g}" in sentence
    assert sentence.endswith(words("answer.changed.clear", n_clear=len(clear), n_groups=4))


@every_edition
@pytest.mark.parametrize("outcome", CONTENTS)
def test_the_sentence_on_differences_holds_the_released_numbers(woodworth, term, language, outcome):
    edition = woodworth[term, language]
    rows = result(edition, outcome, "difference", "ancova_hc3").values()
    numbers = [
        signed(f(row[column] for row in rows))
        for f, column in ((min, "estimate"), (max, "estimate"), (min, "ci_low"), (max, "ci_high"))
    ]
    answer = edition.report.block("answer").items
    [sentence] = [item for item in answer if re.findall(r"(?<![\w（(])[−+]?\d+\.\d", item) == numbers]
    says = {"en": "does not show that the groups are equal", "zh-Hant": "不表示各組相同", "zh-Hans": "不表示各组相同"}
    assert says[language] in sentence


@every_edition
@pytest.mark.parametrize("outcome", CONTENTS)
def test_the_tables_hold_the_released_numbers(woodworth, term, language, outcome):
    edition = woodworth[term, language]
    slug = outcome.replace(".", "-")
    rows = result(edition, outcome, "change", "paired_t")
    for row, group in zip(edition.report.block(f"change-table-{slug}").rows, (*GROUPS, "all"), strict=True):
        assert row[1] == f"{rows[group]['n']:.0f}"
        found = re.findall(r"[−+]?\d+\.\d+", row[2])
        assert found == [signed(rows[group][key]) for key in ("estimate", "ci_low", "ci_high")]
    rows = result(edition, outcome, "difference", "ancova_hc3")
    for row, group in zip(edition.report.block(f"compare-table-{slug}").rows, GROUPS[:3], strict=True):
        assert re.findall(r"[−+]?\d+\.\d+", row[2]) == [
            signed(rows[group][key]) for key in ("estimate", "ci_low", "ci_high")
        ]


@every_edition
@pytest.mark.parametrize("outcome", CONTENTS)
def test_of_a_hundred_people_as_many_are_told_as_were_counted(woodworth, term, language, outcome):
    edition = woodworth[term, language]
    counts = edition.run.material.class_counts.data
    mine = counts[
        (counts["outcome"] == outcome) & (counts["group"] == "all") & (counts["measure"] == "reliable_change")
    ].set_index("class")["count"]
    name = edition.run.instruments[outcome.split(".")[0]].scales["total"].title[language]
    hundred = {"en": "Of 100", "zh-Hant": "每 100", "zh-Hans": "每 100"}[language]
    told = [i for i in edition.report.block("answer").items if hundred in i and name.lower() in i.lower()]
    assert len(told) == 1, "harm and benefit stand in one sentence"
    found = list(map(int, re.findall(r"\d+", told[0])))
    assert found == [100, *(round(100 * mine[c] / mine.sum()) for c in ("improved", "worse", "unchanged", "unknown"))]


def test_the_published_conclusion_is_never_turned_into_praise(woodworth):
    for (_, language), edition in woodworth.items():
        answer = "\n".join([edition.report.block("headline").text, *edition.report.block("answer").items])
        if language == "en":
            assert not re.search(r"helped|benefit|better than “|improves|because of|thanks to|effect of", answer)
        else:
            assert not re.search("帮助|幫助|比.{0,30}更好：起|使.{1,6}提高|由于|由於|归功|歸功", answer)


def test_a_change_that_the_placebo_group_shares_is_not_put_down_to_a_programme(woodworth):
    for (_, language), edition in woodworth.items():
        words = Words(language)
        reference = edition.run.study.groups["early-memories"].title[language]
        shared = [
            outcome
            for outcome, better in CONTENTS.items()
            for rows in [result(edition, outcome, "change", "paired_t")]
            if (rows["early-memories"]["estimate"] > 0) == (better == "higher")
            and any((rows[g]["estimate"] > 0) == (better == "higher") for g in GROUPS[:3])
        ]
        told = "\n".join(edition.report.block("answer").items)
        assert (words("answer.comparison_moved", reference=reference) in told) == (len(shared) == 2)


# --- invented studies --------------------------------------------------------------------------------------


def without_sites(edition):
    """What is said outside the tables of sites: how sure one is of one site is a matter of its own people."""
    of_sites = tuple(b.id for c in edition.report.chapters if c.id == "sites" for b in c.blocks)
    return edition.sentences(but=of_sites)


def text(edition):
    return edition.sentences()


def test_a_study_still_under_way_is_marked_as_interim(little, edition):
    little.change("decision_term: spring", "decision_term: summer")
    titles = '{en: "Summer", zh-Hant: "夏季", zh-Hans: "夏季"}'
    summer = f"  - {{id: summer, role: follow-up, title: {titles}}}\ninformants: [child]"
    little.change("informants: [child]", summer)
    for language, marked in (("en", "Interim, not for decision"), ("zh-Hant", "期中結果，不作為決策依據")):
        report = edition(language).report
        assert report.block("interim").text.startswith(marked)
        assert marked in report.facts.pairs[1][1]


@pytest.fixture
def one_group(little):
    little.change(
        '  comparison: {role: comparison, title: {en: "Comparison", zh-Hant: "對照組", zh-Hans: "对照组"}}\n', ""
    )
    little.change("{unit: participant, randomised: true}", "{unit: none, randomised: false}")
    little.write_answers([row for row in little.invent() if row[2] == "programme"])
    return little


@pytest.mark.usefixtures("one_group")
def test_one_group_alone_has_a_change_and_no_effect(edition):
    for language in LANGUAGES:
        words, report = Words(language), edition(language).report
        answer = report.block("answer").items
        assert report.block("headline").text.startswith(words("headline.all.single"))
        change = result(edition(language), "ces-d.total", "change", "paired_t")["programme"]
        assert all(signed(change[key]) in report.block("headline").text for key in ("estimate", "ci_low", "ci_high"))
        assert words("answer.single_group") in answer
        assert words("sure.single") in report.block("sure").items
        assert report.block("compare-none").text == words("compare.none")
        assert edition(language).run.show_each("branch-1", "compare-intro", "compare-none")  # as notebook 30 asks
        assert not [b.id for b in report.blocks() if b.id.startswith(("forest", "compare-table"))]
    assert "a change, not an effect" in "\n".join(edition("en").report.block("answer").items)


@pytest.mark.usefixtures("one_group")
def test_one_group_alone_moves_by_the_released_number(edition):
    told = edition("en")
    row = result(told, "ces-d.total", "change", "paired_t")["programme"]
    numbers = [signed(row[key]) for key in ("estimate", "ci_low", "ci_high")]
    sentence = told.report.block("answer").items[0]
    assert re.findall(r"[−+]?\d+\.\d", sentence) == numbers
    assert "lower is better" in sentence


def test_groups_that_were_not_formed_by_chance_come_with_a_warning(little, edition):
    little.change("randomised: true", "randomised: false")
    for language in LANGUAGES:
        words, report = Words(language), edition(language).report
        assert report.block("compare-warning").role == "warning"
        assert report.block("compare-warning").text == words("compare.not_randomised")
        assert words("sure.not_randomised") in report.block("sure").items
        assert words("box.design.not_randomised") in report.facts.pairs[2][1]
        assert words("sure.randomised") not in report.block("sure").items
        assert not re.search("對照的|对照的", text(edition(language))), "kept for randomised studies"


def test_people_of_too_few_sites_to_count_get_no_interval_anywhere(little, edition):
    little.change("wave: wave, group: group}", "wave: wave, group: group, site: school}")
    with little.answers.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    with little.answers.open("w", encoding="utf-8", newline="") as file:
        sites = [[*row, f"school{int(row[0][-3:]) % 3}"] for row in rows]
        csv.writer(file).writerows([[*header, "school"], *sites])
    for language, between in (("en", "to"), ("zh-Hant", "至"), ("zh-Hans", "至")):
        words, told = Words(language), edition(language)
        assert words("sure.clustered") in told.report.block("sure").items
        assert words("answer.changed.no_interval") in told.report.block("answer").items[0]
        answer = "\n".join(told.report.block("answer").items)
        assert answer.count(words("status.needs_sites")) == 1
        ranges = re.findall(rf"[（(][−+\d.]+[\s\u00a0]+{between}[\s\u00a0]+[−+\d.]+[）)]", without_sites(told))
        assert not ranges
        assert not re.search(r"[–-] (to|至) [–-]", text(told))
        assert words("change.figure.marker_plain") in told.report.block("change-picture-ces-d-total").drawing.caption
        assert words("annex.p") in told.report.block("tests-table").header
        assert {row[2] for row in told.report.block("tests-table").rows} == {"–"}


def test_if_nobody_answered_afterwards_the_report_says_that_nothing_can_be_said(little, edition):
    rows = little.invent()
    little.write_answers([row if row[1] == "autumn" else [*row[:3], *[""] * 20] for row in rows])
    for language in LANGUAGES:
        words, told = Words(language), edition(language)
        name = words.within(told.run.instruments["ces-d"].scales["total"].title[language])
        answer = told.report.block("answer").items
        places = {"group": told.run.study.groups["programme"].title[language], "scale_name": name}
        places |= {"reference": told.run.study.groups["comparison"].title[language]}
        assert told.report.block("headline").text.startswith(words("headline.one.unknown", **places))
        assert words("answer.people_scored_few", scale_name=name, min_cell=10) in answer
        ids = [block.id for block in told.report.blocks()]
        assert not [i for i in ids if i.startswith(("change-picture", "forest", "bands"))], "an empty figure"
        assert "nan" not in text(told).lower()


def test_an_arm_with_one_person_says_nothing_about_that_arm(adults, little, edition):
    rows = [row for row in little.invent() if row[2] == "comparison" or row[0] == "invented-0001"]
    assert sum(row[2] == "programme" for row in rows) == 2
    little.write_answers(rows)
    told = edition("en")
    answer = "\n".join(told.report.block("answer").items)
    assert "The programme groups cannot be compared with “Comparison”" in answer
    assert "ended clearly" not in answer
    assert "clearly better" not in told.report.block("headline").text
    [row] = [row for row in told.report.block("change-table-ces-d-total").rows if row[0] == "Programme"]
    assert row[1] == "1"
    assert not re.search(r"\bto\b", row[2]), "one person has no interval"


def test_a_small_arm_is_neither_shown_nor_told_by_subtraction(little, edition):
    rows = [row for row in little.invent() if row[2] == "comparison" or row[0] in ("invented-0001", "invented-0002")]
    little.write_answers(rows)
    for language in LANGUAGES:
        words, told = Words(language), edition(language)
        flow = told.run.material.flow.data
        hidden = flow[flow["group"] == "comparison"]
        assert hidden["n_enrolled"].isna().all(), "30 is hidden because the total would tell the 2"
        [row] = [
            r
            for r in told.report.block("flow-table").rows
            if r[0] == told.run.study.groups["comparison"].title[language]
        ]
        assert set(row[1:]) == {words("format.protected")}, "30 people are not 'fewer than 10'"
        alt = told.report.block("flow-picture").drawing.alt
        assert words("format.hidden", min_cell=10) not in alt


def test_a_group_that_got_worse_is_told_as_plainly_as_one_that_got_better(little, edition):
    better = {language: edition(language).report for language in LANGUAGES}
    little.write_answers(little.invent(effect=-1.5))
    for language in LANGUAGES:
        words, told = Words(language), edition(language)
        groups = told.run.study.groups
        places = {
            name: groups[id].title[language] for name, id in (("group", "programme"), ("reference", "comparison"))
        }
        places["scale_name"] = words.within(told.run.instruments["ces-d"].scales["total"].title[language])
        level = told.run.material.verdicts.data["certainty"].iloc[0]
        headlines = better[language].block("headline").text, told.report.block("headline").text
        for way, headline in zip(("better", "worse"), headlines, strict=True):
            assert headline.startswith(words(f"headline.one.{way}.{level}", **places))
        row = result(told, "ces-d.total", "difference", "ancova_hc3")["programme"]
        [harm] = [i for i in told.report.block("answer").items if signed(row["ci_low"]) in i]
        [good] = [i for i in better[language].block("answer").items[1:] if re.search(r"−\d+\.\d", i)]
        where = told.report.block("answer").items.index(harm)
        assert where == better[language].block("answer").items.index(good), "harm stands where benefit would"
        numbers = [signed(row[key]) for key in ("estimate", "ci_low", "ci_high")]
        assert re.findall(r"[−+]\d+\.\d", harm) == numbers
        worse = {"en": "ended worse", "zh-Hant": "更差", "zh-Hans": "更差"}[language]
        assert worse in harm
        assert len(harm) == pytest.approx(len(good), abs=3)
        change = told.report.block("answer").items[0]
        assert {"en": "a change for the worse", "zh-Hant": "這是變差", "zh-Hans": "这是变差"}[language] in change


def test_where_all_got_worse_no_change_is_credited_to_the_comparison_group(little, edition):
    little.write_answers(little.invent(effect=-1.5))
    assert not [i for i in edition("en").report.block("answer").items if "same direction" in i]


def test_invented_data_are_marked_at_the_top_of_the_page(edition):
    for language in LANGUAGES:
        told = edition(language)
        watermark = Words(language)("report.synthetic")
        assert f'<p class="watermark">{watermark}</p>' in told.page
        assert told.page.index('class="watermark"') < told.page.index("<h1>")
        assert watermark in told.report.facts.pairs[1][1]


def test_real_data_are_not_marked_as_invented(woodworth):
    for (_, language), edition in woodworth.items():
        assert Words(language)("report.synthetic") not in edition.page


def test_no_small_number_of_people_is_told_anywhere(edition):
    for language in LANGUAGES:
        words, told = Words(language), edition(language)
        body = text(told)
        assert {"en": "fewer than 10", "zh-Hant": "少於 10", "zh-Hans": "少于 10"}[language] in body
        tables = {block.id: block for block in told.report.blocks() if block.kind == "table"}
        counts = [cell for row in tables["flow-table"].rows for cell in row[1:]]
        counts += [cell for row in tables["classes-ces-d-total"].rows for cell in row[1:]]
        counts += [cell for row in tables["caseness-ces-d-total"].rows for cell in row[1:4]]
        counts += [row[1] for name in ("change-table", "compare-table") for row in tables[f"{name}-ces-d-total"].rows]
        counts += [row[-1] for row in tables["reliability-table"].rows]
        for cell in counts:
            hidden = (words("format.hidden", min_cell=10), words("format.protected"), words("format.suppressed"))
            assert cell in hidden or int(re.match(r"\d+", cell)[0]) >= 10, cell
        assert not re.search(r"n\s*=\s*\d(?!\d)", body)
        people = {"en": r"\b(\d+) (?:participants|people|enrolled|took part)", "zh-Hant": r"(\d+) [人名]"}
        body = body.replace(words("read.reliable"), "")  # what happens to 2 or 3 of 100 anywhere
        found = re.findall(people["en" if language == "en" else "zh-Hant"].replace("于", "於"), body)
        assert found
        assert all(int(n) >= 10 for n in found)


def test_a_count_that_protects_another_is_not_called_small(little, edition):
    little.write_answers(little.invent(effect=-1.5))
    for language in LANGUAGES:
        words, told = Words(language), edition(language)
        data = told.run.material.class_counts.data
        assert {"small", "complementary"} <= set(data["hidden"])
        report = told.report.block("classes-ces-d-total")
        for row, group in zip(report.rows, ("programme", "comparison", "all"), strict=True):
            mine = data[(data["group"] == group) & (data["measure"] == "reliable_change")].set_index("class")
            for cell, name in zip(row[1:], ("improved", "unchanged", "worse", "unknown"), strict=True):
                why = mine.loc[name, "hidden"]
                if why == "complementary":
                    assert cell == words("format.protected")
                elif why == "small":
                    assert cell == words("format.hidden", min_cell=10)
                else:
                    assert isfinite(mine.loc[name, "count"])
                    assert cell.startswith(f"{mine.loc[name, 'count']:.0f}")


def test_if_classes_are_hidden_the_answer_says_so_instead_of_staying_silent(edition):
    for language in LANGUAGES:
        words, told = Words(language), edition(language)
        name = words.within(told.run.instruments["ces-d"].scales["total"].title[language])
        assert words("answer.individual_hidden", scale_name=name) in told.report.block("answer").items


def test_if_everybody_answered_twice_nobody_is_called_lost(adults, little, edition):
    rows = little.invent()
    twice = {row[0] for row in rows if row[1] == "spring"}
    little.write_answers([row for row in rows if row[0] in twice])
    for language in LANGUAGES:
        words, told = Words(language), edition(language)
        n = {"n_enrolled": str(len(twice)), "baseline": words.within({"en": "Autumn"}.get(language, "秋季"))}
        n["wave"] = words.within({"en": "Spring"}.get(language, "春季"))
        assert words("answer.people_all", **n) in told.report.block("answer").items
        assert told.report.block("lost").text == words("people.lost_none", **n)


def test_someone_without_a_first_answer_is_not_said_to_lack_the_second(adults, little, edition):
    rows = [row for row in little.invent() if not (row[1] == "autumn" and row[0].endswith("3"))]
    little.write_answers(rows)
    told = edition("en")
    assert re.search(r"lack an answer at autumn or at spring", told.report.block("lost").text)
    assert "no answer at spring" not in text(told)


def test_a_cloud_that_is_not_drawn_is_not_explained(edition):
    picture = edition("en").report.block("change-picture-ces-d-total")
    assert picture.drawing.caption == "The marker is the mean with its 95\u00a0% interval."


def test_in_open_data_no_step_of_a_figure_is_said_to_hold_one_person(adults, edition):
    caption = edition("en").report.block("change-picture-ces-d-total").drawing.caption
    assert caption.startswith("The cloud shows how changes are spread. ")
    assert "at least" not in caption
