from __future__ import annotations

import pytest

from eval_tools.intake.exports.wjx_header import evidence, option_label, read_header

PLATFORM = ["序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP"]


def questions(*headers: str) -> dict[str, list[str]]:
    """Read a header and return each question with the columns that belong to it."""
    layout = read_header([*PLATFORM, *headers])
    return {q.name: [[*PLATFORM, *headers][i] for i in q.columns] for q in layout.questions}


@pytest.mark.parametrize("sign", ["、", ".", "．", "：", ":"])
def test_the_number_is_found_before_every_sign_that_is_used(sign):
    assert list(questions(f"1{sign}编号", f"2{sign}性别")) == ["Q1", "Q2"]


def test_the_bare_rows_of_a_matrix_belong_to_the_question_before_them():
    found = questions("1、编号", "2、活动之前—写作业", "请教老师", "3、现在—写作业", "请教老师", "4、性别")
    assert {name: len(columns) for name, columns in found.items()} == {"Q1": 1, "Q2": 2, "Q3": 2, "Q4": 1}


def test_rows_with_numbers_of_their_own_are_no_questions():
    found = questions("1、编号", "2、多常—1、想家", "2、哭", "3、做梦", "4、害怕", "3、性别", "4、年级")
    assert list(found) == ["Q1", "Q2", "Q3", "Q4"]
    assert found["Q2"] == ["2、多常—1、想家", "2、哭", "3、做梦", "4、害怕"]


def test_numbers_that_can_be_read_in_two_ways_are_not_used_at_all():
    # After row 2 of question 2 either row 3 of it or question 3 may follow.
    found = questions("1、编号", "2、多常—1、想家", "2、哭", "3、做梦")
    assert list(found) == ["1、编号", "2、多常—1、想家", "2、哭", "3、做梦"]


def test_a_form_that_hides_its_numbers_is_read_by_its_headers():
    layout = read_header([*PLATFORM, "编号", "多常—想家", "哭", "3.5岁以前和谁住", "哭"])
    assert not layout.numbered
    assert [question.name for question in layout.questions] == ["编号", "多常—想家", "哭", "3.5岁以前和谁住", "哭"]


def test_numbers_may_have_gaps_where_questions_were_left_out_of_the_download():
    assert list(questions("2、性别", "5、多常—想家", "哭", "9、还有吗")) == ["Q2", "Q5", "Q9"]


def test_several_blanks_of_one_question_belong_together():
    assert questions("1、(1)你家有____个孩子", "(2)你是第____个", "2、性别") == {
        "Q1": ["1、(1)你家有____个孩子", "(2)你是第____个"],
        "Q2": ["2、性别"],
    }


@pytest.mark.parametrize(
    ("headers", "labels"),
    [
        (["第1题(运动)", "第1题(ACG文化(动漫、游戏等))"], ["运动", "ACG文化(动漫、游戏等)"]),
        (["1、和谁住（可多选）(学校（宿舍）)", "1(爸爸)"], ["学校（宿舍）", "爸爸"]),
        (["1、爱好(体育)(ACG文化(动漫、游戏等))", "1(其他)"], ["ACG文化(动漫、游戏等)", "其他"]),
    ],
)
def test_the_options_of_an_export_by_number_keep_their_brackets(headers, labels):
    (question,) = read_header([*PLATFORM, *headers]).questions
    assert question.options
    assert list(question.parts) == labels


def test_columns_before_the_first_question_are_the_platforms_and_identifying():
    layout = read_header([*PLATFORM, "微信昵称", "总分", "1、编号", "2、性别"])
    assert [layout.platform[i] for i in layout.unknown] == ["identifying", "identifying"]
    assert [question.name for question in layout.questions] == ["Q1", "Q2"]


def test_an_option_is_only_an_option_of_its_own_question():
    assert option_label("第6题(运动)", number=7, text_header="7、爱好") is None
    assert option_label("6、爱好", number=6, text_header="6、爱好") is None


@pytest.mark.parametrize("row", [[], [""], ["序号"], ["提交答卷时间"], ["编号", "开始答题时间"], ["x" * 9999] * 3])
def test_other_headers_are_not_taken_for_this_platforms(row):
    assert evidence(row) == ""


def test_a_header_of_thousands_of_numbers_is_read_in_bounded_time():
    names = [f"{i % 7}、{i}—{i % 5}、a" for i in range(5000)]
    assert len(read_header([*PLATFORM, *names]).questions) == 5000
