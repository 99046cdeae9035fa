"""A child leaves: nothing computed afterwards holds it, and the ledger names what did. All people are invented."""

from __future__ import annotations

import csv
import datetime
import io
import json
import os
import stat

import nbformat
import pyrage
import pytest

from eval_tools import open_study
from eval_tools.errors import DataError, DefinitionError
from eval_tools.privacy.disclosure import DisclosureRule, release_not_read
from eval_tools.privacy.key_file import new_identity, new_key
from eval_tools.privacy.pseudonyms import key_fingerprint, pseudonym
from eval_tools.privacy.withdrawn import read_withdrawn
from eval_tools.runner.access_log import log_access
from eval_tools.runner.command import main
from eval_tools.runner.ledger import Ledger
from eval_tools.runner.publish import run_study
from eval_tools.runner.withdraw import in_words, withdraw

CHILD = "invented-0003"
DAY = datetime.date(2026, 9, 1)


@pytest.fixture
def direct(little, tmp_path_factory, monkeypatch):
    """The little study with direct identifiers, an encrypted key and one short notebook."""
    safe = tmp_path_factory.mktemp("safe")
    recipients = [new_identity(safe / f"{one}.own", workbench=little.root) for one in "ab"]
    little.key = new_key(safe / "little.key", recipients, workbench=little.root)
    little.safe = safe
    monkeypatch.setenv("EVAL_TOOLS_KEY_FILE", str(safe / "little.key"))
    monkeypatch.setenv("EVAL_TOOLS_IDENTITY_FILE", str(safe / "a.own"))
    monkeypatch.setenv("EVAL_TOOLS_WORKBENCH", str(little.root))
    people = f'{{identifiers: direct, consent: recorded_elsewhere, key_fingerprint: "{key_fingerprint(little.key)}"}}'
    little.change("{identifiers: published_arbitrary}", people)
    keep_one_notebook(little)
    return little


def keep_one_notebook(little) -> None:
    for path in (little.root / "notebooks").glob("*.ipynb"):
        path.unlink()
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    parameters = nbformat.v4.new_code_cell('study = "little"\nterm = ""\nlanguage = "en"')
    parameters.metadata["tags"] = ["parameters"]
    shows = nbformat.v4.new_code_cell(
        "from eval_tools import open_study\nopen_study(study, term=term, language=language).show('lost', 'findings')"
    )
    notebook.cells = [parameters, shows]
    nbformat.write(notebook, little.root / "notebooks" / "10_short.ipynb")


def publish(little, day=DAY):
    return run_study("little", start=little.root, quiet=True, language="en", today=day)


def who(little, child: str = CHILD) -> str:
    return pseudonym(child, key=little.key, study="little")


def everything_below(folder) -> bytes:
    """All bytes of all files; Parquet is read as a table, for it is packed."""
    import pandas as pd

    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        found.append(path.read_bytes())
        if path.suffix == ".parquet":
            found.append(pd.read_parquet(path).to_csv().encode())
    return b"\n".join(found)


def test_after_a_withdrawal_nothing_that_is_computed_holds_the_child_and_the_ledger_names_what_did(direct, capsys):
    before = publish(direct)
    tables = {path.name: path.read_bytes() for path in (before / "tables").iterdir()}
    cache = direct.root / ".eval_tools" / "cache"
    assert who(direct).encode() in everything_below(cache)
    told = withdraw("little", CHILD, start=direct.root, today=DAY)
    assert not cache.exists()
    lines = direct.answers.read_text(encoding="utf-8").splitlines()
    rows = tuple(n for n, line in enumerate(lines, start=1) if line.startswith(f"{CHILD},"))
    assert told.rows == {"both/answers.csv": rows}
    assert len(rows) >= 1
    assert {"tables/flow.csv", "report.en.html", "notebooks/en/10_short.ipynb", "figure flow-picture"} <= {
        table.removeprefix("reports/little/spring: ") for table in told.tables
    }
    said = in_words(told, "little")
    assert CHILD not in said
    assert who(direct) not in said
    assert "cannot be undone" in said

    after = publish(direct)
    computed = everything_below(cache) + everything_below(direct.root / "reports")
    assert who(direct).encode() not in computed
    assert CHILD.encode() not in computed
    assert {path.name for path in (after / "tables").iterdir()} == set(tables)
    assert (after / "tables" / "results.csv").read_bytes() != tables["results.csv"]
    run = open_study("little", start=direct.root)
    for table in (run.participants, run.forms, run.responses, run.scores, run.changes, run.people, run.bands):
        assert who(direct) not in set(table["participant"])
    assert run.flow.loc[run.flow["group"] == "all", "n_enrolled"].tolist() == [59, 59]
    # one person is fewer than may be told
    assert "People who withdrew from the study: fewer than 10" in (after / "report.en.html").read_text(encoding="utf-8")
    assert "withdrawn" in json.loads((after / "run.json").read_text(encoding="utf-8"))["counts"]["issues_by_rule"]


def test_withdrawing_twice_keeps_the_first_day_and_an_unknown_id_is_refused(direct):
    withdraw("little", CHILD, start=direct.root, today=DAY)
    again = withdraw("little", CHILD.upper(), start=direct.root, today=DAY + datetime.timedelta(9))
    assert again.since == "2026-09-01"
    assert read_withdrawn(direct.folder) == {who(direct): "2026-09-01"}
    with pytest.raises(DataError, match="no raw file and no published table holds this ID") as caught:
        withdraw("little", "invented-9999", start=direct.root)
    assert "9999" not in str(caught.value)
    withdraw("little", "invented-9999", start=direct.root, even_if_absent=True)
    assert len(read_withdrawn(direct.folder)) == 2


def test_a_file_that_cannot_be_read_is_named_for_nobody_knows_whom_it_holds(direct):
    direct.change("reader: table", "reader: wjx")
    told = withdraw("little", CHILD, start=direct.root, even_if_absent=True)
    assert told.unread == ("both/answers.csv",)
    assert "could not be read, see eval-tools check: both/answers.csv" in in_words(told, "little")


def test_without_a_fingerprint_of_the_key_nobody_is_withdrawn(direct):
    direct.change(f', key_fingerprint: "{key_fingerprint(direct.key)}"', "")
    with pytest.raises(DefinitionError, match="the tombstone would protect nobody"):
        withdraw("little", CHILD, start=direct.root)
    assert not (direct.folder / "withdrawn.csv").exists()


def test_the_command_reads_the_id_from_its_input_and_leaves_a_line_in_the_access_log(direct, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{CHILD}\n"))
    monkeypatch.setenv("EVAL_TOOLS_USER", "county-evaluator")
    assert main(["withdraw", "little", "--reason-word", "guardian"]) == 0
    out = capsys.readouterr()
    assert "Raw files still hold" in out.out
    assert CHILD not in out.out + out.err
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert main(["withdraw", "little"]) == 2
    path = direct.root / ".eval_tools" / "access.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(line["command"], line["role"], line["exit_code"]) for line in lines] == [
        ("withdraw guardian", "county-evaluator", "0"),
        ("withdraw", "county-evaluator", "2"),
    ]
    assert CHILD not in path.read_text(encoding="utf-8")


def test_the_access_log_holds_a_role_and_never_an_account(direct, monkeypatch):
    for name in ("Wang Wu", "=1+1", ""):
        monkeypatch.setenv("EVAL_TOOLS_USER", name)
        log_access("check", "little", 3, now=datetime.datetime(2026, 9, 1, 8, 30, tzinfo=datetime.UTC))
    log_access("check", "no-such-study", 2)
    path = direct.root / ".eval_tools" / "access.csv"
    line = "2026-09-01T08:30:00+00:00,check,little,,3\n"
    assert path.read_text(encoding="utf-8-sig") == "utc,command,study,role,exit_code\n" + 3 * line


@pytest.mark.skipif(os.name != "posix", reason="file modes as on POSIX")
def test_ledger_access_log_and_tombstones_are_for_their_owner_alone(direct):
    Ledger(direct.root / ".eval_tools", "little").add(term="t", report="r", tables=["a"], people=["p"], on=DAY)
    log_access("check", "little", 0)
    withdraw("little", CHILD, start=direct.root)
    scratch = direct.root / ".eval_tools"
    for path in (
        scratch / "access.csv",
        scratch / "ledger" / "little.csv",
        scratch / "ledger" / "little.people.csv",
        direct.folder / "withdrawn.csv",
    ):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


def test_the_ledger_names_only_what_is_about_somebody_and_hides_who_they_are(tmp_path):
    ledger = Ledger(tmp_path, "little")
    ledger.add(term="spring", report="r", tables=["one", "two"], people=["p1", "p2"], on=DAY)
    ledger.add(term="summer", report="r", tables=["three"], people=["p2", "p1"], on=DAY)
    ledger.add(term="winter", report="r", tables=["four"], people=["p2"], on=DAY)
    assert [each.table for each in ledger.about("p1")] == ["one", "two", "three"]
    assert [each.table for each in ledger.about("p2")] == ["one", "two", "three", "four"]
    assert ledger.about("p3") == ()
    names = (tmp_path / "ledger" / "little.csv").read_text(encoding="utf-8")
    assert "p1" not in names
    assert len((tmp_path / "ledger" / "little.people.csv").read_text(encoding="utf-8").splitlines()) == 1 + 3


def test_small_numbers_of_people_who_left_are_hidden_and_others_rounded():
    table = release_not_read({"withdrawn": 9, "consent": 13, "none": 0}, rule=DisclosureRule()).data
    assert table["reason"].tolist() == ["withdrawn", "consent"]
    assert table["count"].isna().tolist() == [True, False]
    assert table["count"].iloc[1] == 15


# --- keys ----------------------------------------------------------------------------------------------------------


def said_by_check(capsys) -> tuple[int, str]:
    code = main(["check", "little"])
    out = capsys.readouterr()
    return code, out.err


def test_a_lost_key_is_one_clear_error(direct, capsys):
    (direct.safe / "little.key").unlink()
    code, said = said_by_check(capsys)
    assert code == 2
    assert "the file cannot be read" in said
    assert "terms can no longer be linked" in said


def test_the_own_key_of_somebody_else_is_one_clear_error(direct, capsys, monkeypatch):
    new_identity(direct.safe / "c.own", workbench=direct.root)
    monkeypatch.setenv("EVAL_TOOLS_IDENTITY_FILE", str(direct.safe / "c.own"))
    code, said = said_by_check(capsys)
    assert code == 2
    assert "does not open the key" in said
    assert said.count("\n") == 2  # the finding and the remedy


def test_the_key_of_another_study_is_one_clear_error(direct, capsys, monkeypatch):
    own = [pyrage.x25519.Identity.from_str((direct.safe / f"{one}.own").read_text().splitlines()[-1]) for one in "ab"]
    new_key(direct.safe / "other.key", [str(each.to_public()) for each in own], workbench=direct.root)
    monkeypatch.setenv("EVAL_TOOLS_KEY_FILE", str(direct.safe / "other.key"))
    code, said = said_by_check(capsys)
    assert code == 2
    assert "not the one this study began with" in said
    assert key_fingerprint(direct.key) in said


def test_a_study_that_does_not_name_its_key_is_warned(direct, capsys):
    direct.change(f', key_fingerprint: "{key_fingerprint(direct.key)}"', "")
    assert main(["check", "little"]) == 0
    out = capsys.readouterr().out
    assert "nothing says which key belongs to the study" in out
    assert key_fingerprint(direct.key) in out


def test_two_children_with_one_id_are_an_error_that_names_rows_and_no_id(direct, capsys):
    direct.change("invented-0004,", f"{CHILD},", file="both/answers.csv")
    assert main(["check", "little"]) == 3
    out = capsys.readouterr().out
    assert "one participant has 2 forms at one wave" in out
    assert CHILD not in out
