"""Linkage from little tables: who is linked, by what, and who waits for a person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval_tools.intake.findings import Findings
from eval_tools.intake.linkage.decisions import Settled
from eval_tools.intake.linkage.forms import CodedForm, PrintedNumbers, code_forms
from eval_tools.intake.linkage.link import Linked, LinkRule, link_forms
from eval_tools.intake.linkage.review import note_cases
from eval_tools.privacy.check_digits import damm_digit
from eval_tools.privacy.pseudonyms import pseudonym

WAVES = ("autumn", "spring", "summer")
KEY = bytes(range(32))
A, B, C = (body + damm_digit(body) for body in ("10001", "10002", "10003"))
WRONG = A[:-1] + str((int(A[-1]) + 1) % 10)


@pytest.fixture
def link(forms_of):
    """Link a table; return methods and reasons by wave and row, and the names."""

    def run(table: str, *, decisions: tuple[Settled, ...] = (), rule: LinkRule | None = None, **how) -> Linked:
        return link_forms(forms_of(table, **how), waves=WAVES, decisions=decisions, rule=rule)

    return run


def methods(out: Linked) -> list[str]:
    return out.links["method"].tolist()


def whys(out: Linked) -> list[tuple[str, int, str]]:
    return [(case.form.wave, case.form.row, case.why) for case in out.cases]


def test_a_number_confirmed_by_the_code_is_linked_whatever_the_school(link):
    out = link(f"""
        autumn | {A} | abcdefg | s1 | f | 3
        spring | {A} | abcdefx | s2 | f | 4
    """)
    assert methods(out) == ["first", "number"]
    assert out.pseudonyms[0] == out.pseudonyms[1] == pseudonym(A, key=KEY, study="demo")
    assert out.links["distance"].tolist()[1] == 1.0
    assert out.cases == ()


def test_a_number_without_any_code_counts_alone(link):
    out = link(f"autumn | {A} | ....... | s1 | f | 3\nspring | {A} | abcdefg | s1 | f | 3")
    assert methods(out) == ["first", "number_only"]
    assert methods(link(f"autumn | {A} | | s1 | f | 3\nspring | {A} | | s1 | f | 3", elements=False)) == [
        "first",
        "number_only",
    ]


def test_a_form_that_tells_no_code_does_not_confirm_its_number(link):
    out = link(f"autumn | {A} | abcdefg | s1 | f | 3\nspring | {A} | a...... | s1 | f | 3")
    assert whys(out) == [("spring", 2, "number_unconfirmed")]
    assert out.pseudonyms[0] != out.pseudonyms[1]


def test_exchanged_cards_are_looked_at_and_linked_to_nobody(link):
    out = link(f"""
        autumn | {A} | abcdefg | s1 | f | 3
        autumn | {B} | tuvwxyz | s1 | m | 3
        spring | {B} | abcdefg | s1 | f | 3
        spring | {A} | tuvwxyz | s1 | m | 3
    """)
    assert whys(out) == [("spring", 2, "number_contradicted"), ("spring", 3, "number_contradicted")]
    assert len(set(out.pseudonyms)) == 4
    assert [len(case.candidates) for case in out.cases] == [2, 2]  # the owner of the number and that of the code
    assert {c.distance for case in out.cases for c in case.candidates} == {0.0, 7.0}


def test_two_children_with_one_number_from_the_start_have_it_neither(link):
    out = link(f"""
        autumn | {A} | abcdefg | s1 | f | 3
        autumn | {A} | tuvwxyz | s1 | f | 3
        spring | {A} | abcdefg | s1 | f | 3
    """)
    assert whys(out)[:2] == [("autumn", 2, "number_shared"), ("autumn", 3, "number_shared")]
    assert pseudonym(A, key=KEY, study="demo") not in out.pseudonyms[:2]
    assert len(set(out.pseudonyms[:2])) == 2


def test_of_two_children_with_one_number_later_the_one_with_the_code_keeps_it(link):
    out = link(f"""
        autumn | {A} | abcdefg | s1 | f | 3
        spring | {A} | abcdefg | s1 | f | 3
        spring | {A} | tuvwxyz | s1 | f | 3
    """)
    assert methods(out) == ["first", "number", "review"]
    assert whys(out) == [("spring", 3, "number_shared")]


@pytest.mark.parametrize("number", [A, ""])
def test_a_form_handed_in_twice_is_never_two_children_silently(link, number):
    out = link(f"""
        autumn | {number} | abcdefg | s1 | f | 3
        autumn | {number} | abcdefx | s1 | f | 3
    """)
    if number:
        assert methods(out) == ["first", "again"]
        assert whys(out) == [("autumn", 3, "handed_in_twice")]
        assert out.pseudonyms[0] == out.pseudonyms[1]  # so that intake refuses a repeated form
    else:
        assert whys(out) == [("autumn", 2, "code_shared"), ("autumn", 3, "code_shared")]


def test_a_second_form_without_its_number_is_looked_at(link):
    out = link(f"""
        autumn | {A} | abcdefg | s1 | f | 3
        spring | {A} | abcdefg | s1 | f | 3
        spring |     | abcdefx | s1 | f | 3
    """)
    assert whys(out) == [("spring", 3, "taken")]
    assert out.cases[0].candidates[0].form.place == ("spring/child.csv", 2)


def test_children_who_share_a_code_are_never_linked_by_it(link):
    out = link("""
        autumn | | abcdefg | s1 | f | 3
        autumn | | abcdefg | s1 | f | 3
        spring | | abcdefg | s1 | f | 3
    """)
    assert whys(out) == [("autumn", 2, "code_shared"), ("autumn", 3, "code_shared"), ("spring", 2, "tie")]
    assert len(set(out.pseudonyms)) == 3


def test_numbers_tell_children_apart_who_share_a_code(link):
    out = link(f"""
        autumn | {A} | abcdefg | s1 | f | 3
        autumn | {B} | abcdefg | s1 | f | 3
        spring | {B} | abcdefg | s1 | f | 3
        spring | {A} | abcdefg | s1 | f | 3
    """)
    assert methods(out) == ["first", "first", "number", "number"]
    assert out.pseudonyms[0] == out.pseudonyms[3]
    assert out.cases == ()


@pytest.mark.parametrize(
    ("code", "sex", "grade", "method", "why"),
    [
        ("abcdefg", "m", "9", "code_1", None),
        ("abcdefx", "f", "3", "code_1", None),
        ("abcdef.", "f", "3", "code_1", None),  # 1/2
        ("abcde..", "f", "3", "code_1", None),  # 2 · 1/2
        ("abcdex.", "f", "4", "code_2", None),  # 1 + 1/2
        ("abcdeyx", "f", "3", "code_2", None),
        ("abcdeyx", "f", "4", "code_2", None),
        ("abcdeyx", "m", "3", "review", "two_off"),
        ("abcdeyx", "f", "5", "review", "two_off"),
        ("abcdeyx", "f", "2", "review", "two_off"),
        ("abcdeyx", "", "3", "review", "two_off"),
        ("abcdeyx", "f", "", "review", "two_off"),
        ("abcdzyx", "f", "3", "first", None),
        ("abc....", "f", "3", "review", "little_told"),
    ],
)
def test_the_tiers_of_the_code(link, code, sex, grade, method, why):
    out = link(f"autumn | | abcdefg | s1 | f | 3\nspring | | {code} | s1 | {sex} | {grade}")
    assert methods(out) == ["first", method]
    assert [w[2] for w in whys(out)] == ([why] if why else [])
    assert (out.pseudonyms[0] == out.pseudonyms[1]) == method.startswith("code")


def test_a_wrong_check_digit_is_linked_by_the_code(link):
    out = link(f"autumn | {A} | abcdefg | s1 | f | 3\nspring | {WRONG} | abcdefg | s1 | f | 3")
    assert methods(out) == ["first", "code_1"]


def test_a_code_with_somebody_elses_number_is_looked_at(link):
    out = link(f"autumn | {A} | abcdefg | s1 | f | 3\nspring | {B} | abcdefg | s1 | f | 3")
    assert whys(out) == [("spring", 2, "number_differs")]
    further = link(f"autumn | {A} | abcdefg | s1 | f | 3\nspring | {B} | abcdexy | s1 | f | 3")
    assert methods(further) == ["first", "first"]  # two elements off and another number: another child
    assert further.cases == ()


def test_the_next_best_must_be_a_whole_element_farther(link):
    out = link("""
        autumn | | abcdefg | s1 | f | 3
        autumn | | abcdyzg | s1 | f | 3
        spring | | abcde.g | s1 | f | 3
    """)
    assert methods(out)[2] == "code_1"  # 1/2 against 1 1/2
    near = link("""
        autumn | | abcdefg | s1 | f | 3
        autumn | | abcdxy. | s1 | f | 3
        spring | | abcdxfg | s1 | f | 3
    """)
    assert whys(near) == [("spring", 2, "tie")]


def test_of_two_forms_the_much_nearer_one_wins_and_the_other_is_new(link):
    out = link("""
        autumn | | abcdefg | s1 | f | 3
        spring | | abcdefg | s1 | f | 3
        spring | | abcdexy | s1 | f | 3
    """)
    assert methods(out) == ["first", "code_1", "first"]


def test_a_code_in_another_school_is_offered_and_never_linked(link):
    out = link("autumn | | abcdefg | s1 | f | 3\nspring | | abcdefg | s2 | f | 3")
    assert whys(out) == [("spring", 2, "other_school")]
    assert out.cases[0].candidates[0].same_site is False


def test_a_child_that_changed_school_is_found_there_in_the_next_wave(link):
    out = link(f"""
        autumn | {A} | abcdefg | s1 | f | 3
        spring | {A} | abcdefg | s2 | f | 4
        summer |     | abcdefg | s2 | f | 4
    """)
    assert methods(out) == ["first", "number", "code_1"]
    assert len(set(out.pseudonyms)) == 1


def test_the_most_similar_earlier_form_counts(link):
    out = link("""
        autumn | | abcdefg | s1 | f | 3
        spring | | abcdefx | s1 | f | 3
        summer | | abcdeyx | s1 | m | 3
    """)
    assert methods(out) == ["first", "code_1", "code_1"]


def test_a_number_first_seen_later_belongs_to_the_child_from_then_on(link):
    out = link(f"""
        autumn |     | abcdefg | s1 | f | 3
        spring | {A} | abcdefg | s1 | f | 3
        summer | {A} | xbcdyfg | s2 | f | 3
    """)
    assert methods(out) == ["first", "code_1", "number"]


def test_informants_are_linked_to_the_same_child(forms_of):
    forms = forms_of(f"autumn | {A} | abcdefg | s1 | f | 3")
    caregiver = forms_of(f"autumn | {A} | abcdefg | s1 | f | 3", informant="caregiver")
    assert methods(link_forms([*forms, *caregiver], waves=WAVES)) == ["first", "number"]
    teacher = forms_of(f"autumn | {A} | | s1 | f | 3", informant="teacher", elements=False)
    out = link_forms([*forms, *teacher], waves=WAVES)
    assert methods(out) == ["first", "number_only"]  # a teacher is asked for no code
    assert out.cases == ()


def test_forms_of_a_file_that_asks_for_no_code_are_never_linked_by_one(forms_of):
    forms = forms_of("autumn | | abcd | s1 | f | 3")
    teachers = forms_of("autumn | | | s1 | f | 3\nautumn | | | s1 | f | 3", informant="teacher", elements=False)
    out = link_forms([*forms, *teachers], waves=WAVES)
    assert methods(out) == ["first", "first", "first"]
    assert len(set(out.pseudonyms)) == 3
    assert out.cases == ()


def test_a_short_code_links_nobody_by_itself(link):
    out = link("autumn | | abc | s1 | f | 3\nspring | | abc | s1 | f | 3")
    assert whys(out) == [("spring", 2, "little_told")]
    assert methods(link("autumn | | abcd | s1 | f | 3\nspring | | abcd | s1 | f | 3")) == ["first", "code_1"]


# --- what a person decided ---------------------------------------------------------------------------------


def decided(form: int, verdict: str, other: int = -1) -> Settled:
    return Settled(form=form, verdict=verdict, other=other, where="links.yaml:3", decided_by="wq")


def test_a_person_links_a_form_that_waited(link):
    table = "autumn | | abcdefg | s1 | f | 3\nspring | | abcdefg | s2 | f | 3"
    out = link(table, decisions=(decided(1, "same_as", 0),))
    assert methods(out) == ["first", "person"]
    assert out.pseudonyms[0] == out.pseudonyms[1]
    assert out.links.loc[1, ["decided_by", "reason"]].tolist() == ["wq", "links.yaml:3"]
    assert out.cases == ()


def test_a_person_says_that_nobody_is_it(link):
    table = "autumn | | abcdefg | s1 | f | 3\nspring | | abcdefg | s2 | f | 3"
    out = link(table, decisions=(decided(1, "nobody"),))
    assert methods(out) == ["first", "person"]
    assert out.pseudonyms[0] != out.pseudonyms[1]
    assert out.cases == ()


@pytest.mark.parametrize("number", [A, ""])
def test_one_line_takes_a_link_back(link, number):
    table = f"autumn | {number} | abcdefg | s1 | f | 3\nspring | {number} | abcdefg | s1 | f | 3"
    assert len(set(link(table).pseudonyms)) == 1
    out = link(table, decisions=(decided(1, "not_same_as", 0),))
    assert len(set(out.pseudonyms)) == 2
    assert methods(out)[1] == "person"
    assert out.cases == ()


def test_a_link_taken_back_may_leave_the_form_to_another_child(link):
    out = link(
        """
        autumn | | abcdefg | s1 | f | 3
        autumn | | abcdxyg | s1 | f | 3
        spring | | abcdefg | s1 | f | 3
        """,
        decisions=(decided(2, "not_same_as", 0),),
    )
    assert methods(out)[2] == "code_2"
    assert out.pseudonyms[2] == out.pseudonyms[1]


# --- what comes out ----------------------------------------------------------------------------------------


def test_no_form_is_lost_and_the_order_of_forms_changes_nothing(forms_of):
    forms = forms_of(f"""
        autumn | {A} | abcdefg | s1 | f | 3
        autumn | {B} | tuvwxyz | s1 | m | 3
        autumn |     | mnopqrs | s2 | m | 3
        spring | {B} | abcdefg | s1 | f | 3
        spring |     | tuvwxyz | s1 | m | 3
        spring | {C} | mnopqrx | s2 | m | 3
        spring | {C} | nnnnnnn | s2 | m | 3
    """)
    out = link_forms(forms, waves=WAVES)
    turned = link_forms(forms[::-1], waves=WAVES)
    assert len(out.links) == len(forms)
    assert dict(zip(forms, out.pseudonyms, strict=True)) == dict(zip(forms[::-1], turned.pseudonyms, strict=True))
    assert whys(out) == whys(turned)


def test_findings_name_rule_file_and_row_and_nothing_else(forms_of):
    findings = Findings()
    out = link_forms(forms_of(f"autumn | {A} | abcdefg | s1 | f | 3\nautumn | {A} | tuvwxyz | s1 | f | 3"), waves=WAVES)
    note_cases(out.cases, findings)
    table = findings.table()
    assert table["rule"].tolist() == ["link_review"] * 2
    assert table["severity"].tolist() == ["warning"] * 2
    assert table["row"].tolist() == [2, 3]
    text = table.to_csv()
    assert not any(secret in text for secret in (A, "abcdefg", *out.pseudonyms))


def test_wrong_numbers_and_lost_zeros_are_counted_and_never_shown():
    findings = Findings()
    small = "0" + "1234" + damm_digit("01234")
    forms = code_forms(
        [small[1:], WRONG, "", A],
        {},
        file="autumn/child.csv",
        sha256="a" * 64,
        rows=[2, 3, 4, 5],
        waves=["autumn"] * 4,
        informant="child",
        key=KEY,
        study="demo",
        printed=PrintedNumbers(scheme="damm", length=6),
        findings=findings,
        column="编号",
    )
    assert [form.number_state for form in forms] == ["right", "wrong", "absent", "right"]
    assert forms[0].number == pseudonym(small, key=KEY, study="demo")
    table = findings.table()
    assert list(zip(table["rule"], table["row"], table["severity"], strict=True)) == [
        ("number_wrong", 3, "warning"),
        ("number_zero_lost", 2, "note"),
    ]
    assert not any(secret in table.to_csv() for secret in (small[1:], WRONG, A))


def test_a_coded_form_holds_nothing_that_can_be_read(forms_of):
    [form] = forms_of(f"autumn | {A} | abcdefg | s1 | f | 3")
    assert isinstance(form, CodedForm)
    assert A not in repr(form)
    assert not set("abcdefg") & set(form.elements)


LINES = st.lists(
    st.tuples(
        st.sampled_from(["autumn", "spring"]),
        st.sampled_from([A, B, WRONG, ""]),
        st.text("ab.", min_size=5, max_size=5),
        st.sampled_from(["s1", "s2"]),
        st.sampled_from(["f", "m", ""]),
    ),
    min_size=1,
    max_size=8,
)


@given(lines=LINES)
def test_whatever_the_forms_no_link_is_made_twice_and_nothing_is_lost(forms_of, lines):
    table = "\n".join(f"{wave} | {number} | {code} | {site} | {sex} | 3" for wave, number, code, site, sex in lines)
    forms = forms_of(table)
    out = link_forms(forms, waves=WAVES)
    assert len(out.pseudonyms) == len(forms) == len(out.links)
    seen: dict[tuple[str, str], list[str]] = {}
    for form, name, method in zip(forms, out.pseudonyms, out.links["method"], strict=True):
        seen.setdefault((form.wave, name), []).append(method)
    assert all(methods.count("again") == len(methods) - 1 for methods in seen.values())
    linked = out.links[out.links["method"].isin(["code_1", "code_2"])]
    assert (linked["margin"] >= 1).all()
    assert (linked["distance"] <= 2).all()
    waiting = {case.form.place for case in out.cases}
    for form, method in zip(forms, out.links["method"], strict=True):
        assert (form.place in waiting) == (method in ("review", "again"))
