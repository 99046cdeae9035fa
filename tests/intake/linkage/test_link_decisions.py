"""links.yaml: what a person decided holds for the file that was looked at, and for no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval_tools.errors import DefinitionError
from eval_tools.intake.findings import Findings, problems_in
from eval_tools.intake.linkage.decisions import load_decisions, settle_decisions
from eval_tools.intake.linkage.link import link_forms
from eval_tools.intake.linkage.review import write_review_list

WAVES = ("autumn", "spring")
A, B = "a" * 64, "b" * 64
MOVED = "autumn | | abcdefg | s1 | f | 3\nspring | | abcdefg | s2 | f | 3"


def place(file: str = "spring/child.csv", sha: str = B, row: int = 2) -> str:
    return f'{{file: {file}, sha256: "{sha}", row: {row}}}'


THERE = place("autumn/child.csv", A)


@pytest.fixture
def load(tmp_path: Path):
    def run(*lines: str):
        path = tmp_path / "links.yaml"
        text = "".join(f"  - {{form: {place()}, decided_by: wq, reason: paper forms, {line}}}\n" for line in lines)
        path.write_text('schema_version: "1.0"\nlinks:\n' + text, encoding="utf-8")
        return load_decisions(path, root=tmp_path)

    return run


@pytest.fixture
def settle(load, forms_of):
    """Settle lines about the two forms of MOVED; return what was settled and the words of the problems."""

    def run(*lines: str):
        findings = Findings()
        settled = settle_decisions(load(*lines), forms_of(MOVED), findings, waves=WAVES)
        return settled, [str(problem) for problem in problems_in(findings.table())]

    return run


def test_no_file_means_that_nothing_was_decided(tmp_path):
    assert load_decisions(tmp_path / "links.yaml", root=tmp_path) == ()


@pytest.mark.parametrize("verdict", [f"same_as: {THERE}", "nobody: true", f"not_same_as: {THERE}"])
def test_a_line_is_found_by_file_hash_and_row(settle, verdict):
    settled, problems = settle(verdict)
    assert problems == []
    assert (settled[0].form, settled[0].verdict) == (1, verdict.split(":")[0])
    assert settled[0].where == "links.yaml:3"


def test_a_file_edited_after_the_decision_is_an_error(settle):
    settled, problems = settle(f"same_as: {place('autumn/child.csv', 'f' * 64)}")
    assert settled == ()
    assert problems == [
        "links.yaml:3: autumn/child.csv was changed after this decision about links was made; its rows may have "
        "moved.\n  Look at both forms again, then copy the new line of the review list, or remove this one."
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"same_as: {place('autumn/chid.csv', A)}", "names a file that no source of study.yaml has"),
        (f"same_as: {place('autumn/child.csv', A, 9)}", "has no form in row 9"),
        (f"same_as: {place()}", "two forms of one occasion"),
    ],
)
def test_what_does_not_fit_any_more_is_an_error(settle, line, words):
    settled, [problem] = settle(line)
    assert settled == ()
    assert words in problem


def test_an_earlier_form_is_never_linked_to_a_later_one(tmp_path, forms_of):
    path = tmp_path / "links.yaml"
    line = f"  - {{form: {THERE}, same_as: {place()}, decided_by: wq, reason: paper}}\n"
    path.write_text('schema_version: "1.0"\nlinks:\n' + line, encoding="utf-8")
    findings = Findings()
    assert settle_decisions(load_decisions(path, root=tmp_path), forms_of(MOVED), findings, waves=WAVES) == ()
    assert "Exchange form and same_as" in findings.table()["detail"].iloc[0]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([f"nobody: true, same_as: {THERE}"], "2 verdicts"),
        (["nobody: false"], "decides nothing"),
        (["nobody: true", f"same_as: {THERE}"], "placed by another line"),
        ([f"same_as: {place('autumn/child.csv', 'short')}"], "wrong form"),
        (["nobodi: true"], "unknown key"),
    ],
)
def test_a_malformed_line_is_refused_with_its_place(load, lines, words):
    with pytest.raises(DefinitionError, match=words) as caught:
        load(*lines)
    assert "links.yaml:" in str(caught.value)


def test_two_lines_may_keep_a_form_apart_from_two_others(load):
    assert len(load(f"not_same_as: {THERE}", f"not_same_as: {place('autumn/child.csv', A, 3)}")) == 2


def test_the_line_of_the_review_list_can_be_pasted(tmp_path, forms_of):
    forms = forms_of(MOVED)
    path = tmp_path / "linkage" / "demo" / "review.csv"
    write_review_list(path, link_forms(forms, waves=WAVES).cases, element_names=[f"e{i}" for i in range(1, 8)])
    import csv

    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["candidate_file"] for row in rows] == ["autumn/child.csv", ""]
    lines = [row["line_for_links_yaml"].replace('""', '"wq"') for row in rows]
    verdicts = []
    for line in lines:
        yaml = tmp_path / "links.yaml"
        yaml.write_text(f'schema_version: "1.0"\nlinks:\n{line}\n', encoding="utf-8")
        findings = Findings()
        [settled] = settle_decisions(load_decisions(yaml, root=tmp_path), forms, findings, waves=WAVES)
        out = link_forms(forms, waves=WAVES, decisions=[settled])
        verdicts.append((settled.verdict, len(set(out.pseudonyms)), len(out.cases)))
    assert verdicts == [("same_as", 1, 0), ("nobody", 2, 0)]


def test_the_example_of_the_documentation_is_a_valid_file(tmp_path, root):
    text = (root / "docs" / "quality-and-linkage.md").read_text(encoding="utf-8")
    block = text.split("```yaml\n")[1].split("```")[0].replace("…", A)
    (tmp_path / "links.yaml").write_text(block, encoding="utf-8")
    decisions = load_decisions(tmp_path / "links.yaml", root=tmp_path)
    assert [decision.verdict for decision in decisions] == ["same_as", "nobody", "not_same_as"]
