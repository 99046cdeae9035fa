"""Agreement on the invented study: numbers of other libraries, and what silence means."""

import numpy as np
import pandas as pd
import pytest

from eval_tools.errors import DataError, DefinitionError, UnknownNames
from eval_tools.interviews.agreement import compare_coders, list_disagreements
from eval_tools.interviews.read import Reading, read_interviews
from eval_tools.interviews.unit_table import unit_table
from eval_tools.stats.unitising import Span, unitising_alpha
from interview_files import ZH


@pytest.fixture(scope="module")
def sentences(whole):
    return unit_table(whole, "sentence")


@pytest.fixture(scope="module")
def found(whole, sentences):
    return compare_coders(sentences, whole, n_resamples=400)


def number(found, view, code, coefficient, column="estimate", **more):
    rows = found[(found["view"] == view) & (found["code"] == code) & (found["coefficient"] == coefficient)]
    for name, value in more.items():
        rows = rows[rows[name] == value]
    (value,) = rows[column].tolist()
    return value


def test_coefficients_of_every_code_are_those_of_other_libraries(found, expected):
    for code, numbers in expected["codes"].items():
        assert number(found, "code", code, "krippendorff") == pytest.approx(numbers["alpha_nominal_3coders"], abs=1e-9)
        assert number(found, "code", code, "gwet") == pytest.approx(numbers["gwet_ac1_3coders"], abs=6e-6)
        assert number(found, "code", code, "fleiss") == pytest.approx(numbers["fleiss_kappa_3coders"], abs=6e-6)
        cohen = number(found, "pair", code, "cohen", first="Li", second="王編碼")
        assert cohen == pytest.approx(numbers["cohen_kappa_coder1_coder2"], abs=1e-9)


def test_a_coder_who_was_not_given_a_document_says_nothing_about_it(whole, sentences, expected):
    c = sentences.coders.index("coder_C")
    given = set(whole.assignments.loc[whole.assignments["coder"] == "coder_C", "source"])
    inside = np.array([source in given for source in sentences.sources])
    assert len(sentences.sources) == expected["n_units"]
    assert np.isnan(sentences.said[~inside, c, :]).all()
    assert not np.isnan(sentences.said[inside]).any()


def test_without_assignments_silence_in_an_uncoded_document_is_no_no():
    project = read_interviews(ZH / "codepoint_lf.qdpx")
    table = unit_table(project, "sentence")
    coded = set(zip(project.codings["source"], project.codings["coder"], strict=True))
    for i, source in enumerate(table.sources):
        for c, coder in enumerate(table.coders):
            assert np.isnan(table.said[i, c]).all() == ((source, coder) not in coded)


def test_people_are_drawn_and_counted(found):
    rows = found[found["view"] == "code"]
    assert set(rows["n_people"]) == {12}
    assert rows["method"].str.endswith("bootstrap of people").all()
    assert ((rows["ci_low"] < rows["estimate"]) & (rows["estimate"] < rows["ci_high"])).all()


def test_groups_of_codes_are_taken_together(found, sentences):
    rows = found[found["view"] == "parent"]
    assert set(rows["code"]) == {"親子溝通", "情緒"}
    either = sentences.of(["視訊通話", "面對面談心"])
    assert number(found, "parent", "親子溝通", "krippendorff", "used") == int(np.nansum(either))


def test_documents_in_three_parts_add_up_to_all(found):
    parts = found[(found["view"] == "part") & (found["coefficient"] == "percent") & (found["code"] == "想念")]
    assert parts["part"].tolist() == [1, 2, 3]
    assert parts["used"].sum() == number(found, "code", "想念", "percent", "used")
    assert parts["n_units"].sum() == 196
    assert set(parts["status"]) == {"too_few_clusters"}


def test_the_list_of_disagreements_has_every_unit_on_which_coders_differ(sentences):
    table = list_disagreements(sentences)
    differ = [
        (i, k)
        for k in range(len(sentences.codes))
        for i in range(len(sentences.sources))
        if len(set(sentences.said[i, :, k][~np.isnan(sentences.said[i, :, k])])) == 2
    ]
    assert len(table) == len(differ)
    first = table.iloc[0]
    assert set(first["coders_yes"].split(", ")).isdisjoint(first["coders_no"].split(", "))
    assert first["source"] == "child_01_pre"


def test_passages_of_two_coders_have_the_unitising_alpha_of_other_programs(whole, expected):
    given = expected["unitizing"]
    mine = whole.codings[whole.codings["source"] == given["doc"]]
    for code, numbers in given["per_code"].items():
        coders = [
            [
                Span(row.start, row.end, code)
                for row in mine[(mine["coder"] == coder) & (mine["code"] == code)].itertuples()
            ]
            for coder in given["coders"]
        ]
        alpha = unitising_alpha(coders, length=given["length_codepoints"])
        assert alpha.u_alpha == pytest.approx(numbers["u_alpha"], abs=1e-9)
        assert alpha.binary == pytest.approx(numbers["binary"], abs=1e-9)


def test_the_unit_changes_the_coefficient_and_is_said(whole):
    alphas = {}
    for unit in ("sentence", "paragraph", "document"):
        table = compare_coders(unit_table(whole, unit), whole, n_resamples=50)
        assert set(table["unit"]) == {unit}
        alphas[unit] = number(table, "code", "想念", "krippendorff")
    assert len(set(alphas.values())) == 3


def test_a_person_is_all_of_his_or_her_documents(whole):
    table = unit_table(whole, "person")
    assert len(table.people) == len(set(table.people)) == 12
    documents = unit_table(whole, "document")
    person = table.people.index("child_01")
    both = [i for i, p in enumerate(documents.people) if p == "child_01"]
    np.testing.assert_array_equal(table.said[person], documents.said[both].max(axis=0))
    # coder_C was not given both documents of everybody
    assert np.isnan(table.said[:, table.coders.index("coder_C")]).any()


def test_a_larger_overlap_asked_for_means_fewer_codes(whole):
    some, most = (unit_table(whole, "sentence", overlap=share).said for share in (0.0, 0.9))
    assert np.nansum(most) < np.nansum(some)
    assert not (most > some).any()


def test_a_wide_sheet_gives_the_numbers_of_the_passages(found, whole):
    project = read_interviews(ZH / "codings_wide.xlsx", Reading(units=ZH / "units.csv", cases=ZH / "documents.csv"))
    table = compare_coders(unit_table(project, "given"), project, n_resamples=400)
    for code in ("想念", "視訊通話"):
        for coefficient in ("krippendorff", "gwet"):
            for column in ("estimate", "ci_low", "used"):
                same = number(found, "code", code, coefficient, column)
                assert number(table, "code", code, coefficient, column) == pytest.approx(same, rel=1e-9)


def test_a_code_that_nobody_used_and_a_coder_alone_have_no_coefficient(write_qdpx):
    pair = read_interviews(
        write_qdpx([("talk", "abc. def. ghi.", [(0, 4, "Ann", "SAD"), (0, 4, "Bob", "SAD"), (5, 9, "Bob", "SAD")])])
    )
    table = compare_coders(unit_table(pair, "sentence"), pair, n_resamples=50)
    assert number(table, "code", "school", "krippendorff", "status") == "one_category"
    assert np.isnan(number(table, "code", "school", "gwet"))
    assert number(table, "code", "sad", "percent", "status") == "too_few_clusters"
    assert set(table["n_people"]) == {0}
    alone = read_interviews(write_qdpx([("talk", "abc. def.", [(0, 4, "Ann", "SAD")])]))
    table = compare_coders(unit_table(alone, "sentence"), alone, n_resamples=50)
    assert set(table["status"]) == {"no_pairs"}
    assert list_disagreements(unit_table(alone, "sentence")).empty


def test_speakers_of_a_group_talk_are_the_people_of_their_turns(write_csv, tmp_path):
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "talk.txt").write_text("甲：我想媽媽。\n乙：我不想。", encoding="utf-8")
    sheet = write_csv("document,start,end,code,coder\ntalk,2,7,sad,Ann\ntalk,2,7,sad,Bob\n")
    cases = write_csv("document,start,end,case\ntalk,0,7,甲\ntalk,8,14,乙\n", "cases.csv")
    project = read_interviews(sheet, Reading(texts=texts, cases=cases))
    assert unit_table(project, "turn").people == ("甲", "乙")


def test_units_that_the_project_cannot_have_are_refused(whole, write_csv):
    bare = read_interviews(write_csv("document,code,coder\ntalk,sad,Ann\ntalk,sad,Bob\n"))
    with pytest.raises(DataError, match="texts are not in the file"):
        unit_table(bare, "sentence")
    assert len(unit_table(bare, "document").sources) == 1
    with pytest.raises(DataError, match="do not say whose they are"):
        unit_table(bare, "person")
    with pytest.raises(DataError, match="give no units of their own"):
        unit_table(whole, "given")
    with pytest.raises(UnknownNames):
        unit_table(whole, "word")
    with pytest.raises(DefinitionError, match="overlap"):
        unit_table(whole, "sentence", overlap=90)


def test_the_same_seed_gives_the_same_table(whole, sentences, found):
    pd.testing.assert_frame_equal(compare_coders(sentences, whole, n_resamples=400), found)
