"""Children who change school or group between waves: their forms stay together, at the place they began.

Everybody here is invented; every answer is 1.
"""

from __future__ import annotations

import pytest

from eval_tools import open_study
from eval_tools.errors import DefinitionError
from eval_tools.privacy.pseudonyms import pseudonym, published_key

FILE = "both/answers.csv"
SCHOOLS = {"k1": "north", "k2": "south", "k3": "north", "k4": "south"}
LATER = "  - {id: summer, role: follow-up, title: {en: S, zh-Hant: 夏, zh-Hans: 夏}}\n"


def who(name: str) -> str:
    return pseudonym(name, key=published_key("little"), study="little")


@pytest.fixture
def schools(post):
    """Four children of two schools, three waves; rows 2 to 4 are k1 in autumn, spring, summer."""
    post.change("group: group}", "group: group, site: school}")
    post.change("informants: [child]\n", LATER + "informants: [child]\n")
    post.rows = [
        [child, wave, "programme" if child in ("k1", "k2") else "comparison", *[1] * 20]
        for child in SCHOOLS
        for wave in ("autumn", "spring", "summer")
    ]
    return post


def receive(post, **elsewhere: str):
    """Write the rows with the school; ``row_3="south"`` writes another one into row 3."""
    lines = post.text().splitlines()
    told = [elsewhere.get(f"row_{i}", SCHOOLS[line[:2]]) for i, line in enumerate(lines[1:], start=2)]
    rows = [f"{line},{school}" for line, school in zip(lines[1:], told, strict=True)]
    post.write_text("\n".join([f"{lines[0]},school", *rows]))
    return post.receive(write=False)


def declare(post, *entries: str) -> None:
    text = "".join(f"  - {entry}\n" for entry in entries)
    (post.folder / "transfers.yaml").write_text(f'schema_version: "1.0"\ntransfers:\n{text}', encoding="utf-8")


def add_roster(post, **moved: str) -> None:
    columns = "{participant: id, site: school}"
    post.change("sources:\n", f"roster:\n  file: roster.csv\n  reader: table\n  columns: {columns}\nsources:\n")
    lines = [f"{child},{school}" for child, school in (SCHOOLS | moved).items()]
    (post.folder / "roster.csv").write_text("\n".join(["id,school", *lines]), encoding="utf-8")


def site_of(received, child: str) -> str:
    return received.participants.set_index("participant").loc[who(child), "site"]


def test_another_school_is_an_error_until_somebody_says_that_the_child_moved(schools, errors_of):
    assert errors_of(receive(schools, row_4="south").issues) == ["site_differs"]
    declare(schools, f"{{file: {FILE}, rows: [4], reason: family moved}}")
    received = receive(schools, row_4="south")
    assert received.issues[["rule", "severity", "row"]].to_numpy().tolist() == [["transferred", "note", 4]]
    assert len(received.forms) == 12
    assert site_of(received, "k1") == "north"
    assert received.transfers.to_numpy().tolist() == [[who("k1"), "site", "summer"]]


def test_one_declared_form_covers_the_later_ones_of_the_child(schools):
    declare(schools, f"{{file: {FILE}, rows: [3], reason: family moved}}")
    received = receive(schools, row_3="south", row_4="south")
    assert received.issues["rule"].tolist() == ["transferred", "transferred"]
    assert received.transfers["wave"].tolist() == ["spring"]


def test_it_covers_neither_an_earlier_form_nor_a_third_school(schools, errors_of):
    declare(schools, f"{{file: {FILE}, rows: [4], reason: family moved}}")
    assert errors_of(receive(schools, row_3="south", row_4="south").issues) == ["site_differs"]
    declare(schools, f"{{file: {FILE}, rows: [3], reason: family moved}}")
    assert errors_of(receive(schools, row_3="south", row_4="east").issues) == ["site_differs"]


def test_the_school_at_the_baseline_counts_in_whatever_order_rows_stand(schools):
    declare(schools, f"{{file: {FILE}, rows: [2, 3], reason: family moved}}")
    schools.rows[0], schools.rows[2] = schools.rows[2], schools.rows[0]  # k1: summer, spring, autumn
    received = receive(schools, row_2="south", row_3="south")
    assert site_of(received, "k1") == "north"
    assert not (received.issues["severity"] == "error").any()


def test_the_form_of_the_baseline_cannot_be_the_one_that_moved(schools, errors_of):
    declare(schools, f"{{file: {FILE}, rows: [2], reason: wrong way round}}")
    found = errors_of(receive(schools, row_3="south", row_4="south").issues)
    assert "transfer_at_baseline" in found


def test_with_the_school_in_the_roster_a_later_one_is_a_warning_and_the_roster_counts(schools):
    add_roster(schools)
    received = receive(schools, row_3="south", row_4="south")
    assert received.issues[["rule", "severity", "row"]].to_numpy().tolist() == [
        ["site_not_of_roster", "warning", 3],
        ["site_not_of_roster", "warning", 4],
    ]
    assert site_of(received, "k1") == "north"
    assert len(received.forms) == 12
    assert received.transfers.to_numpy().tolist() == [[who("k1"), "site", "spring"]]


def test_with_the_school_in_the_roster_another_one_at_the_baseline_is_an_error(schools, errors_of):
    add_roster(schools)
    assert errors_of(receive(schools, row_2="south").issues) == ["site_differs"]


def test_a_roster_that_disagrees_with_every_form_is_found_at_the_baseline(schools, errors_of):
    add_roster(schools, k1="south")
    assert errors_of(receive(schools).issues) == ["site_differs"]


def test_a_confirmed_transfer_of_the_roster_is_a_note(schools):
    add_roster(schools)
    declare(schools, f"{{file: {FILE}, rows: [3], reason: family moved}}")
    received = receive(schools, row_3="south", row_4="south")
    assert received.issues["severity"].tolist() == ["note", "note"]


def test_another_group_stays_an_error_until_it_is_declared_and_then_the_first_counts(schools, errors_of):
    schools.put(4, "group", "comparison")
    assert errors_of(receive(schools).issues) == ["group_differs"]
    declare(schools, f"{{file: {FILE}, rows: [4], reason: moved}}")
    assert sorted(errors_of(receive(schools).issues)) == ["group_differs", "transfer_unused"]
    declare(schools, f"{{file: {FILE}, rows: [4], changes: [group], reason: moved}}")
    received = receive(schools)
    assert received.issues["severity"].tolist() == ["note"]
    assert received.participants.set_index("participant").loc[who("k1"), "group"] == "programme"
    assert received.transfers.to_numpy().tolist() == [[who("k1"), "group", "summer"]]


def test_a_declared_transfer_that_is_none_is_an_error(schools, the_only):
    declare(schools, f"{{file: {FILE}, rows: [4], reason: family moved}}")
    found = the_only(receive(schools).issues, "transfer_unused", severity="error", row=4)
    assert "transfers.yaml:3" in found["file"]
    declare(schools, "{file: no/such.csv, rows: [4], reason: family moved}")
    the_only(receive(schools).issues, "transfer_unused", severity="error")


def test_a_wrong_key_in_transfers_names_the_line(schools):
    declare(schools, f"{{file: {FILE}, row: 4, reason: family moved}}")
    with pytest.raises(DefinitionError, match=r"transfers\.yaml:3"):
        receive(schools)


def test_no_message_names_a_school_or_a_child(schools):
    add_roster(schools)
    issues = receive(schools, row_2="east", row_3="south").issues
    text = " ".join(issues["detail"])
    assert not [word for word in ("north", "south", "east", "k1", who("k1")) if word in text]


def test_other_transfers_make_another_fingerprint(schools):
    receive(schools)
    before = open_study("little", start=schools.bench.root).fingerprint
    declare(schools, f"{{file: {FILE}, rows: [4], reason: family moved}}")
    assert open_study("little", start=schools.bench.root).fingerprint != before
