"""Sentences of Chinese and of English, turns, paragraphs: where one ends and the next begins."""

import csv
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval_tools.errors import UnknownNames
from eval_tools.interviews.units import UNITS, split_units
from interview_files import ZH


def pieces(text, unit):
    return [text[a:b] for a, b in split_units(text, unit)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("我想她。她在城裡。", ["我想她。", "她在城裡。"]),
        ("真的嗎？！……好。", ["真的嗎？！……", "好。"]),
        ("他說「我想你。」我哭了。", ["他說「我想你。」", "我哭了。"]),
        ("「你好！」（笑。）走吧", ["「你好！」", "（笑。）", "走吧"]),
        ("一句；兩句；三句", ["一句；", "兩句；", "三句"]),
        ("沒有標點\n下一行", ["沒有標點", "下一行"]),
        ("訪談員：你好嗎？\n孩子：還好。想媽媽。", ["訪談員：你好嗎？", "孩子：還好。", "想媽媽。"]),
        ("It is 3.5 km. I walk. Why?", ["It is 3.5 km.", "I walk.", "Why?"]),
        ("她哭了😢。我也是😊😊！", ["她哭了😢。", "我也是😊😊！"]),
        ("\u3000\u3000首行縮排。  \n\n 空行之後。", ["首行縮排。", "空行之後。"]),
        ("", []),
        ("\n\u3000\n", []),
    ],
)
def test_sentences_end_with_their_marks_and_what_closes_after_them(text, sentences):
    assert pieces(text, "sentence") == sentences


def test_a_turn_goes_from_one_speaker_to_the_next():
    text = "訪談員：你好嗎？\n孩子：還好。\n想媽媽。\n[12:03] 訪談員: 為什麼？"
    assert pieces(text, "turn") == ["訪談員：你好嗎？", "孩子：還好。\n想媽媽。", "[12:03] 訪談員: 為什麼？"]


def test_without_speakers_turns_are_paragraphs():
    text = "第一段。還是第一段。\n第二段。"
    assert pieces(text, "turn") == pieces(text, "paragraph") == ["第一段。還是第一段。", "第二段。"]


def test_characters_are_no_blanks_and_a_document_is_all():
    assert pieces(" 我 𠮷\n", "character") == ["我", "𠮷"]
    assert pieces(" 我 𠮷\n", "document") == pieces(" 我 𠮷\n", "person") == ["我 𠮷"]


def test_sentences_of_the_study_are_the_units_it_was_made_of(whole):
    units = {}
    with (ZH / "units.csv").open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            units.setdefault(row["doc"], []).append((int(row["start"]), int(row["end"])))
    assert {name: split_units(text, "sentence") for name, text in whole.texts.items()} == units


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="我她。！？；…」』）\n\u3000 ：:.a😊", max_size=60), st.sampled_from(UNITS))
def test_units_follow_each_other_and_leave_out_nothing_but_blanks(text, unit):
    spans = split_units(text, unit)
    assert all(a < b for a, b in spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())


def test_an_unknown_unit_is_refused():
    with pytest.raises(UnknownNames, match="sentence"):
        split_units("a", "sentences")
