import io
import re
import threading
import warnings
from itertools import combinations
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_svg import RendererSVG

from eval_tools.errors import DataError, DefinitionError, EvalToolsError, UnknownNames
from eval_tools.reporting import fonts
from eval_tools.reporting.figures import (
    draw_bands,
    draw_caterpillar,
    draw_change,
    draw_flow,
    draw_forest,
    draw_love,
    draw_trajectory,
)
from eval_tools.reporting.figures.lettering import spread, text_width, wrap
from eval_tools.reporting.figures.sheet import Sheet, drawing

LANGUAGES = ("en", "zh-Hant", "zh-Hans")
HIDDEN = {"en": "fewer than 10", "zh-Hant": "少於 10 人", "zh-Hans": "少于 10 人"}
GROUPS = {
    "en": (
        "Using Signature Strengths",
        "Three Good Things",
        "Gratitude Visit",
        "Recording early memories (placebo)",
    ),
    "zh-Hant": ("善用個人長處", "三件好事", "感恩拜訪", "記錄早年記憶（安慰劑對照）"),
    "zh-Hans": ("善用个人长处", "三件好事", "感恩拜访", "记录早年记忆（安慰剂对照）"),
}
WAVES = {
    "en": ("Pretest", "Posttest", "1 week", "1 month", "3 months", "6 months"),
    "zh-Hant": ("前測", "後測", "1 週後", "1 個月後", "3 個月後", "6 個月後"),
    "zh-Hans": ("前测", "后测", "1 周后", "1 个月后", "3 个月后", "6 个月后"),
}
BANDS = {
    "en": ("None to minimal", "Mild", "Moderate", "Severe"),
    "zh-Hant": ("極輕", "輕度", "中度", "重度"),
    "zh-Hans": ("极轻", "轻度", "中度", "重度"),
}
WORDS = {
    "en": {
        "title": "How depressive symptoms changed from the pretest to the posttest, person by person",
        "x": "Change in depressive symptoms (points)",
        "better": "fewer symptoms than before",
        "worse": "more symptoms than before",
        "before": "Before",
        "after": "After",
        "total": "Enrolled: %(n)s people",
        "enrolled": "Enrolled",
    },
    "zh-Hant": {
        "title": "每個人從前測到後測的憂鬱症狀改變",
        "x": "憂鬱症狀的改變（分）",
        "better": "症狀較少",
        "worse": "症狀較多",
        "before": "之前",
        "after": "之後",
        "total": "共報名 %(n)s 人",
        "enrolled": "報名",
    },
    "zh-Hans": {
        "title": "每个人从前测到后测的抑郁症状变化",
        "x": "抑郁症状的变化（分）",
        "better": "症状较少",
        "worse": "症状较多",
        "before": "之前",
        "after": "之后",
        "total": "共报名 %(n)s 人",
        "enrolled": "报名",
    },
}
FIGURES = ("change", "change_without_people", "forest", "flow", "bands", "trajectory", "caterpillar", "love")
INJECTION = r'$\frac{1}{$ <script>alert("x")</script> --> ]]> & %(n)s'


def scores(group, shift, n):
    """The same invented people on every machine."""
    return np.round(shift + 7 * np.sin(np.arange(n) * 1.7 + group) + np.cos(np.arange(n) * 0.9) * 4)


def change_tables(groups):
    people, bins, summary = [], [], []
    edges = [-24, -16, -12, -8, -4, 0, 4, 8, 16, 24]
    for i, group in enumerate(groups):
        values = scores(i, -4 + i, 60 - 4 * i)
        people += [(group, value) for value in values]
        counts = np.histogram(values, edges)[0].astype(float)
        bins += list(zip([group] * 9, edges[:-1], edges[1:], counts, strict=True))
        mean, half = values.mean(), 2 * values.std() / len(values) ** 0.5
        text = f"{mean:.1f} ({mean - half:.1f} to {mean + half:.1f})"
        summary.append((group, mean, mean - half, mean + half, float(len(values)), text))
    return (
        pd.DataFrame(people, columns=["group", "value"]),
        pd.DataFrame(bins, columns=["group", "low", "high", "count"]),
        pd.DataFrame(summary, columns=["group", "estimate", "ci_low", "ci_high", "n", "text"]),
    )


def flow_table(groups, waves):
    rows = [(g, w, 70 + 3 * i, 70.0 + 3 * i - 7 * j) for i, g in enumerate(groups) for j, w in enumerate(waves)]
    return pd.DataFrame(rows, columns=["group", "wave", "n_enrolled", "n_forms"])


def means_table(groups, waves):
    rows = []
    for i, g in enumerate(groups):
        for j, w in enumerate(waves):
            mean = 14 + np.sin(2 * i + j) - 0.4 * j
            rows.append((g, w, mean, mean - 1.5, mean + 1.5, 70.0 + 3 * i - 7 * j))
    return pd.DataFrame(rows, columns=["group", "wave", "mean", "ci_low", "ci_high", "n"])


def bands_table(groups, bands):
    counts = {"before": (21, 19, 13, 7), "after": (38, 17, 2, 1)}
    rows = [
        (g, moment, band, float(counts[moment][(i + k) % 4]))
        for i, g in enumerate(groups)
        for moment in counts
        for k, band in enumerate(bands)
    ]
    return pd.DataFrame(rows, columns=["group", "moment", "band", "count"])


def draw(figure, language="en", *, labels=None, name="fig", hide=None, **changed):
    """Draw one of the figures with realistic data; ``hide`` empties cells of the table before it is drawn."""
    labels = labels or dict(zip("abcd", GROUPS[language], strict=True))
    waves = dict(zip(("w0", "w1", "w2", "w3", "w4", "w5"), WAVES[language], strict=True))
    bands = dict(zip(("b0", "b1", "b2", "b3"), BANDS[language], strict=True))
    words, hide = WORDS[language], hide or (lambda table: table)
    common = {
        "name": name,
        "group_labels": labels,
        "title": words["title"],
        "hidden_label": HIDDEN[language],
        "alt": "What is to be seen.",
        "caption": "What it means.",
        "language": language,
    } | changed
    people, bins, summary = change_tables(labels)
    if figure in ("change", "change_without_people"):
        return draw_change(
            distribution=hide(bins),
            people=people if figure == "change" else None,
            summary=hide(summary),
            x_label=words["x"],
            better_label=words["better"],
            worse_label=words["worse"],
            **({"better": "lower"} | common),
        )
    if figure == "forest":
        rows = summary.assign(label=list(labels.values()))
        rows = rows.assign(ci_low_wide=rows["ci_low"] - 1, ci_high_wide=rows["ci_high"] + 1)
        return draw_forest(
            rows=hide(rows),
            x_label=words["x"],
            zero_label_left=words["better"],
            zero_label_right=words["worse"],
            number_format="{:g}".format,
            text_header=words["x"],
            **common,
        )
    if figure == "caterpillar":
        rows = pd.concat([summary.assign(label=list(labels.values()))] * 3)
        mean = next(iter(hide(rows.iloc[:1]).to_dict("records")), None)
        prediction = None if mean is None else {key: value for key, value in mean.items() if key != "n"}
        del common["group_labels"]
        return draw_caterpillar(
            rows=hide(rows),
            mean=mean,
            prediction=prediction,
            x_label=words["x"],
            zero_label_left=words["better"],
            zero_label_right=words["worse"],
            number_format="{:g}".format,
            text_header=words["x"],
            **common,
        )
    if figure == "love":
        rows = summary.assign(label=list(labels.values()), people=[0.02, -0.31, 0.2, 0.0][: len(labels)])
        return draw_love(
            rows=hide(rows.assign(sites=rows["people"] * 1.4)),
            x_label=words["x"],
            zero_label_left=words["better"],
            zero_label_right=words["worse"],
            people_label=words["before"],
            sites_label=words["after"],
            alike_label=words["better"],
            adjust_label=words["worse"],
            number_format="{:g}".format,
            text_header=words["x"],
            **common,
        )
    if figure == "flow":
        return draw_flow(
            flow=hide(flow_table(labels, waves)),
            wave_labels=waves,
            total_label=words["total"],
            enrolled_label=words["enrolled"],
            **common,
        )
    if figure == "bands":
        return draw_bands(
            bands=hide(bands_table(labels, bands)),
            band_labels=bands,
            before_label=words["before"],
            after_label=words["after"],
            **common,
        )
    return draw_trajectory(means=hide(means_table(labels, waves)), wave_labels=waves, y_label=words["x"], **common)


def hide_everything(table):
    numbers = [c for c in table.columns if c not in ("group", "wave", "moment", "band", "label", "low", "high")]
    table = table.copy()
    table[[c for c in numbers if c != "text"]] = float("nan")
    return table.assign(text="") if "text" in table else table


@pytest.fixture
def texts(monkeypatch):
    """Every text of the last drawing with the rectangle it covers, and the paper's own rectangle."""
    seen = {}
    finish = Sheet.finish

    def look_and_finish(self, height, **words):
        result = finish(self, height, **words)
        self.figure.dpi = 72  # as in SVG, whose text is not hinted
        renderer = RendererSVG(*self.figure.bbox.size, io.StringIO(), image_dpi=72)
        seen["texts"] = [(t.get_text(), t.get_window_extent(renderer)) for t in self.axes.texts]
        seen["paper"] = self.figure.bbox
        return result

    monkeypatch.setattr(Sheet, "finish", look_and_finish)
    return seen


def overlapping(seen):
    """Pairs of texts that cover each other by more than a point, and texts that leave the paper."""

    def cover(a, b):
        return min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1

    paper = seen["paper"]
    pairs = [(s, t) for (s, a), (t, b) in combinations(seen["texts"], 2) if cover(a, b)]
    outside = [
        s
        for s, a in seen["texts"]
        if a.x0 < paper.x0 - 1 or a.x1 > paper.x1 + 1 or a.y0 < paper.y0 - 1 or a.y1 > paper.y1 + 1
    ]
    return pairs + outside


@pytest.mark.parametrize("figure", FIGURES)
def test_the_same_numbers_give_the_same_bytes(figure):
    assert draw(figure, "zh-Hant").svg == draw(figure, "zh-Hant").svg


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("figure", FIGURES)
def test_no_text_lies_on_another_or_leaves_the_paper(figure, language, texts):
    draw(figure, language)
    assert len(texts["texts"]) > 10
    assert overlapping(texts) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("figure", FIGURES)
def test_hidden_cells_are_named_and_no_number_is_drawn(figure, language, texts):
    draw(figure, language, hide=hide_everything)
    written = [text for text, _ in texts["texts"]]
    assert HIDDEN[language].replace(" ", "") in "".join(written).replace(" ", "")
    assert overlapping(texts) == []
    number = re.compile(r"[+−-]?\d+(\.\d+)?|n = \d+|\d+ \(\d+%\)")
    numbers = {text for text in written if number.fullmatch(text)}
    if figure.startswith("change"):
        assert numbers == {"−20", "−10", "0", "+10", "+20"}  # the axis: bins are not hidden, their counts are
    else:
        assert numbers <= {"0"}


def test_one_hidden_band_hides_the_shares_of_its_bar_only(texts):
    def hide(table):
        table.loc[(table["group"] == "a") & (table["moment"] == "before") & (table["band"] == "b3"), "count"] = None
        return table

    draw("bands", hide=hide)
    written = [text for text, _ in texts["texts"]]
    assert written.count(HIDDEN["en"]) == 1
    assert written.count("60") == 3  # four groups before, one of them hidden


def test_the_total_of_the_flow_is_hidden_if_one_group_is(texts):
    def hide(table):
        table["n_enrolled"] = table["n_enrolled"].astype("Int64")
        table.loc[table["group"] == "a", "n_enrolled"] = pd.NA
        return table

    draw("flow", hide=hide)
    assert [text for text, _ in texts["texts"]].count(HIDDEN["en"]) == 2


def test_people_of_a_group_whose_size_is_hidden_are_not_drawn():
    def hide(table):
        return table.assign(n=table["n"].where(table["group"] != "a")) if "n" in table else table

    n_people = [scores(0, 0, 60 - 4 * i).size for i in range(4)]
    dots = [re.findall(r"<use [^>]*stroke-width: 0\.25", draw("change", hide=h).svg) for h in (None, hide)]
    assert [len(found) for found in dots] == [sum(n_people), sum(n_people[1:])]


def test_bins_that_are_known_are_drawn_beside_hidden_ones(texts):
    def hide(table):
        return table.assign(count=table["count"].mask(table["low"] < -8)) if "count" in table else table

    svg = draw("change", hide=hide).svg
    assert "nan" not in svg
    assert "#0072b2" in svg  # the outline of the first group
    assert "".join(text for text, _ in texts["texts"]).count(HIDDEN["en"]) == 4
    assert overlapping(texts) == []


def test_a_direction_that_does_not_exist_is_refused():
    with pytest.raises(UnknownNames) as refused:
        draw("change", better="up")
    assert refused.value.known == ("higher", "lower")


def test_a_hidden_mean_interrupts_the_line_and_is_named_below(texts):
    def hide(table):
        table.loc[(table["group"] == "b") & (table["wave"] == "w3"), ["mean", "ci_low", "ci_high"]] = None
        return table

    draw("trajectory", hide=hide)
    written = [text for text, _ in texts["texts"]]
    assert "fewer" in " ".join(written)
    assert written.count("52") == 0  # how many people there were


def test_a_share_that_is_not_quite_nobody_or_everybody_says_so(texts):
    def one_of_many(table):
        table["count"] = table["band"].map({"b0": 999.0, "b1": 0.0, "b2": 0.0, "b3": 1.0})
        return table

    draw("bands", hide=one_of_many)
    assert {"999 (>99%)", "1 (<1%)"} <= {text for text, _ in texts["texts"]}
    assert overlapping(texts) == []


@pytest.mark.parametrize("figure", FIGURES)
def test_a_label_with_formula_or_markup_is_only_text(figure):
    labels = dict(zip("abcd", (INJECTION, *GROUPS["en"][1:]), strict=True))
    drawn = draw(figure, labels=labels, alt=INJECTION)
    root = ElementTree.fromstring(drawn.svg)
    assert root.get("aria-label") == INJECTION
    assert "<script" not in drawn.svg
    assert "<!--" not in drawn.svg


@pytest.mark.parametrize("figure", FIGURES)
def test_ids_are_the_drawings_own_and_every_reference_finds_one(figure):
    svg = draw(figure, "zh-Hans", name="term-1.change").svg
    ids = re.findall(r'\bid="([^"]*)"', svg)
    references = re.findall(r'(?:href="#|url\(#)([^")]+)', svg)
    assert ids
    assert len(ids) == len(set(ids))
    assert all(each.startswith("term-1.change--") for each in ids)
    assert set(references) == set(ids)


@pytest.mark.parametrize("figure", FIGURES)
def test_the_svg_stands_inside_a_page_and_fits_its_width(figure):
    svg = draw(figure).svg
    assert svg.startswith("<svg ")
    assert "<style" not in svg  # it would reach the whole page
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    assert root.get("width") == "100%"
    assert root.get("height") is None
    assert root.get("viewBox", "").startswith("0 0 504 ")
    assert "max-width: 7in" in root.get("style", "")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("figure", FIGURES)
def test_a_single_group_with_a_long_name_fits(figure, language, texts):
    name = "，".join(GROUPS[language]) if language != "en" else " and ".join(GROUPS["en"])
    draw(figure, language, labels={"all": name}, title=name * 3)
    assert overlapping(texts) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_flow_of_five_groups_and_seven_waves_fits(language, texts):
    groups = {f"g{i}": label for i, label in enumerate((*GROUPS[language], GROUPS[language][3]))}
    waves = {f"w{i}": label for i, label in enumerate((*WAVES[language], GROUPS[language][3]))}
    flow = flow_table(groups, waves)
    flow.loc[flow["n_forms"] < 40, "n_forms"] = float("nan")
    draw_flow(
        name="flow",
        flow=flow,
        group_labels=groups,
        wave_labels=waves,
        title=WORDS[language]["title"],
        total_label=WORDS[language]["total"],
        enrolled_label=WORDS[language]["enrolled"],
        hidden_label=HIDDEN[language],
        alt="",
        caption="",
        language=language,
    )
    assert overlapping(texts) == []


def test_text_is_never_smaller_than_nine_points(monkeypatch):
    sizes = []
    finish = Sheet.finish

    def note(self, height, **words):
        sizes.extend(t.get_fontsize() for t in self.axes.texts)
        return finish(self, height, **words)

    monkeypatch.setattr(Sheet, "finish", note)
    for figure in FIGURES:
        draw(figure)
    assert min(sizes) >= 9


def test_better_is_written_on_the_side_of_the_better_numbers(texts):
    words = {
        "distribution": change_tables("a")[1],
        "people": None,
        "summary": change_tables("a")[2],
        "group_labels": {"a": "A"},
        "title": "",
        "x_label": "Change",
        "better_label": "better",
        "worse_label": "worse",
        "hidden_label": "",
        "name": "fig",
        "alt": "",
        "caption": "",
        "language": "en",
    }

    def places():
        return {text: box.x0 for text, box in texts["texts"]}

    draw_change(better="higher", **words)
    assert places()["worse"] < places()["better"]
    draw_change(better="lower", **words)
    assert places()["better"] < places()["worse"]


def test_rows_that_share_a_group_are_told_apart_by_a_key(texts):
    summary = change_tables("ab")[2]
    rows = pd.concat([summary.assign(label="Posttest"), summary.assign(label="Six months")])
    draw_forest(
        name="forest",
        rows=rows,
        x_label="Points",
        zero_label_left="better",
        zero_label_right="worse",
        group_labels={"a": "First group", "b": "Second group"},
        title="",
        hidden_label="",
        alt="",
        caption="",
        language="en",
        number_format=str,
    )
    assert {"First group", "Second group"} <= {text for text, _ in texts["texts"]}
    assert overlapping(texts) == []


def test_an_interval_without_end_is_drawn_to_the_edge():
    def unbounded(table):
        return table.assign(ci_low=float("-inf")) if "estimate" in table else table

    for figure in ("change", "forest"):
        svg = draw(figure, hide=unbounded).svg
        assert "inf" not in re.sub(r"[^ ]*(infinite|aria-label)[^ ]*", "", svg)
        assert "nan" not in svg


def test_direction_marks_and_line_breaks_in_labels_are_dropped(texts):
    draw("flow", labels={"a": "Class\u200f 3\nmorning"})
    assert "Class 3 morning" in {text for text, _ in texts["texts"]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_character_without_a_glyph_is_refused(language):
    with pytest.raises(DefinitionError, match=r"'fig'.*missing from font"):
        draw("flow", language, labels={"a": "\U0001fae8"})


def test_a_missing_glyph_leaves_the_warning_filters_as_they_were():
    before = list(warnings.filters)
    with pytest.raises(DefinitionError):
        draw("flow", labels={"a": "\U0001fae8"})
    assert warnings.filters == before


def test_drawing_leaves_matplotlibs_settings_alone_and_is_not_moved_by_them():
    expected = draw("change").svg
    with mpl.rc_context({"font.size": 30, "text.color": "red", "axes.facecolor": "black", "savefig.dpi": 33}):
        before = dict(mpl.rcParams)
        assert draw("change").svg == expected
        assert dict(mpl.rcParams) == before


def test_drawing_in_several_threads_gives_the_same_figures():
    expected = {language: draw("bands", language).svg for language in LANGUAGES}
    drawn = {}
    threads = [
        threading.Thread(target=lambda language=language: drawn.update({language: draw("bands", language).svg}))
        for language in LANGUAGES
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert drawn == expected


def test_a_group_without_a_label_is_refused():
    with pytest.raises(UnknownNames) as refused:
        draw("flow", hide=lambda table: table.assign(group="other"))
    assert refused.value.missing == ("other",)


@pytest.mark.parametrize("figure", FIGURES)
def test_a_table_without_rows_is_refused(figure):
    with pytest.raises(DataError, match="nothing to draw"):
        draw(figure, hide=lambda table: table.iloc[:0])


@pytest.mark.parametrize("name", ["", "1st", 'a"b', "a b", "圖"])
def test_a_name_that_cannot_be_an_id_is_refused(name):
    with pytest.raises(DefinitionError, match="cannot be an id"):
        draw("flow", name=name)


def test_a_language_without_figures_is_refused():
    with pytest.raises(UnknownNames) as refused:
        fonts.font_family("zh_Hant")
    assert refused.value.known == LANGUAGES


def test_each_language_has_its_own_forms_of_the_characters():
    assert fonts.font_family("en") == ["DejaVu Sans", "Noto Sans CJK TC"]
    assert fonts.font_family("zh-Hant")[0] == "Noto Sans CJK TC"
    assert fonts.font_family("zh-Hans")[0] == "Noto Sans CJK SC"


def test_fonts_are_registered_once():
    registered = fonts.register_fonts()
    n_fonts = len(fonts.font_manager.fontManager.ttflist)
    fonts.register_fonts.cache_clear()
    assert fonts.register_fonts() == registered
    assert len(fonts.font_manager.fontManager.ttflist) == n_fonts


def test_without_chinese_fonts_only_english_is_drawn(monkeypatch):
    latin = [font for font in fonts.font_manager.fontManager.ttflist if "CJK" not in font.name]
    monkeypatch.setattr(fonts.font_manager.fontManager, "ttflist", latin)
    monkeypatch.setattr(fonts, "_packaged_file", lambda: None)
    fonts.register_fonts.cache_clear()
    assert fonts.font_family("en") == ["DejaVu Sans"]
    with pytest.raises(EvalToolsError, match="pip install noto-cjk-sans-otc"):
        fonts.font_family("zh-Hans")


def test_chinese_lines_break_neither_before_a_closing_mark_nor_inside_a_number():
    with drawing("zh-Hant", "fig"):
        for width in (0.5, 0.6, 0.7, 0.8, 0.9, 1.2):
            lines = wrap("「三件好事」，每天寫下 10 件（或更少）；共 12 週。", width, 9)
            assert "".join(lines).replace(" ", "") == "「三件好事」，每天寫下10件（或更少）；共12週。"
            assert all(text_width(line, 9) <= width + 0.01 for line in lines)
            assert not any(line[0] in "」，）；。" or line[-1] in "「（" or line[-1].isdigit() for line in lines)


def test_brackets_go_to_their_own_line_if_that_costs_none():
    with drawing("zh-Hant", "fig"):
        assert wrap("記錄早年記憶（安慰劑對照）", 1.4, 9) == ["記錄早年記憶", "（安慰劑對照）"]


def test_labels_are_kept_apart_and_inside():
    placed = spread([0.1, 0.1, 0.2], [1.0, 1.0, 1.0], low=0.0, high=3.0)
    assert placed == pytest.approx([0.5, 1.5, 2.5])


def drawn_xs(svg, colour):
    """Where markers of a colour lie, from left to right."""
    found = re.findall(rf'<use [^>]*x="([\d.]+)"[^>]*style="[^"]*fill: {colour}', svg)
    return [float(x) for x in found]


def test_sites_are_drawn_in_the_order_given_and_in_one_colour():
    rows = pd.DataFrame(
        {
            "label": [f"Site {i}" for i in range(1, 7)],
            "estimate": [-6.0, -4.0, -3.0, -1.0, 0.5, 2.0],
            "ci_low": [-9.0, -7.0, -6.0, -4.0, -2.5, -1.0],
            "ci_high": [-3.0, -1.0, 0.0, 2.0, 3.5, 5.0],
            "n": 20.0,
            "text": "",
        }
    )
    svg = draw_caterpillar(
        name="c",
        rows=rows,
        mean=None,
        prediction=None,
        x_label="x",
        zero_label_left="l",
        zero_label_right="r",
        title="t",
        hidden_label="h",
        alt="a",
        caption="c",
        language="en",
        number_format="{:g}".format,
    ).svg
    xs = drawn_xs(svg, "#0072b2")
    assert len(xs) == 6
    assert xs == sorted(xs)
    steps = np.diff(xs) / np.diff(rows["estimate"])
    assert steps == pytest.approx(np.full(5, steps[0]), rel=1e-3)
    assert len(set(re.findall(r"fill: (#[0-9a-f]{6})", svg)) & {"#d55e00", "#009e73", "#cc79a7"}) == 0


def test_a_baseline_difference_is_not_coloured_by_how_large_it_is():
    near, far = (
        draw_love(
            name="l",
            rows=pd.DataFrame([{"label": "Mood", "group": "a", "people": value, "sites": value, "text": "x"}]),
            x_label="x",
            zero_label_left="l",
            zero_label_right="r",
            people_label="p",
            sites_label="s",
            alike_label="u",
            adjust_label="v",
            group_labels={"a": "A"},
            title="t",
            hidden_label="h",
            alt="a",
            caption="c",
            language="en",
            number_format="{:g}".format,
        ).svg
        for value in (0.01, 0.9)
    )
    colours = [sorted(set(re.findall(r"#[0-9a-f]{6}", svg))) for svg in (near, far)]
    assert colours[0] == colours[1]
