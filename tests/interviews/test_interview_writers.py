"""What is written is read again as it was."""

import pandas as pd

from eval_tools.interviews.projects.refi import read_qdc
from eval_tools.interviews.read import Reading, read_interviews
from eval_tools.interviews.write import codebook_as_qdc, codings_as_csv


def test_codings_written_as_a_sheet_are_read_again_as_they_were(whole, tmp_path):
    for words in (False, True):
        path = tmp_path / "codings.csv"
        path.write_bytes(codings_as_csv(whole, words=words))
        pd.testing.assert_frame_equal(read_interviews(path).codings, whole.codings)
    assert "想" in codings_as_csv(whole, words=True).decode("utf-8-sig")
    assert "text" not in codings_as_csv(whole).decode("utf-8-sig").splitlines()[0]


def test_a_codebook_written_for_other_programs_is_read_again_as_it_was(whole, tmp_path):
    path = tmp_path / "book.qdc"
    path.write_bytes(codebook_as_qdc(whole))
    again = read_qdc(path).codes
    names = {key: code.name for key, code in again.items()}
    assert {(c.name, names.get(c.parent, ""), c.codable) for c in again.values()} == set(
        whole.codebook[["label", "parent", "codable"]].itertuples(index=False, name=None)
    )
    sheet = tmp_path / "codings.csv"
    sheet.write_bytes(codings_as_csv(whole))
    project = read_interviews(sheet, Reading(codebook=path))
    assert set(project.codebook["code"]) == set(whole.codebook["code"])
    assert codebook_as_qdc(project) == codebook_as_qdc(read_interviews(sheet, Reading(codebook=path)))
