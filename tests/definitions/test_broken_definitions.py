"""However a file is damaged: it loads, or it is refused with reasons, and soon. Nothing else may happen."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import pytest

import eval_tools.studies.load as study_loading
from eval_tools.errors import DefinitionError
from eval_tools.instruments.load import load_instrument, load_instruments
from eval_tools.studies.load import load_study
from eval_tools.studies.workbench import Workbench

ROOT = Path(__file__).parents[2]
FORM = (ROOT / "questionnaires" / "ces-d" / "ces-d.yaml").read_bytes()
STUDY = (ROOT / "data_raw" / "woodworth-2018" / "study.yaml").read_bytes()
ROUNDS = 160  # of each file, in four parts
STRANGE = [
    b"null",
    b"true",
    b"[]",
    b"{}",
    b"''",
    b"-1",
    b"0",
    b"99999999999999999999",
    b"1.5",
    b"no",
    b"a: b",
    b"[1, [2]]",
    b"{a: {b: c}}",
    b'"\\0"',
    b'"\\ud800"',
    b'"\\U00110000"',
    b"*x",
    b"&x 1",
    b"!!int 1",
    b"'..'",
    b"\xff",
    b"\x00",
    b"| text",
    b"%",
    b"@",
    b"source",
    b"total",
    b"cesd01",
    "前".encode(),
    b"..",
    b"---",
    b"\t",
]


def damaged(raw: bytes, rng: random.Random) -> bytes:
    """Damage a file in one to three places."""
    for _ in range(rng.randint(1, 3)):
        raw = raw or b"\n"
        lines = raw.split(b"\n")
        i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
        way = rng.choice(["byte", "insert", "cut", "delete", "repeat", "exchange", "value", "values", "indent", "end"])
        if way == "byte":
            at = rng.randrange(len(raw))
            raw = raw[:at] + bytes([raw[at] ^ (1 << rng.randrange(8))]) + raw[at + 1 :]
            continue
        if way in {"insert", "cut"}:
            at = rng.randrange(len(raw))
            raw = (
                raw[:at]
                + rng.choice([b"{", b"[", b"]", b"}", b":", b"-", b"'", b'"', b"#"]) * (way == "insert")
                + raw[at + 1 :]
            )
            continue
        if way == "delete":
            del lines[i]
        elif way == "repeat":
            lines.insert(i, lines[i])
        elif way == "exchange":
            lines[i], lines[j] = lines[j], lines[i]
        elif way == "value" and b": " in lines[i]:
            lines[i] = lines[i].partition(b": ")[0] + b": " + rng.choice(STRANGE)
        elif way == "values" and b": " in lines[i] and b": " in lines[j]:
            (a, _, b), (c, _, d) = lines[i].partition(b": "), lines[j].partition(b": ")
            lines[i], lines[j] = a + b": " + d, c + b": " + b
        elif way == "indent":
            lines[i] = b"  " + lines[i]
        elif way == "end":
            lines = lines[:i] or [b""]
        raw = b"\n".join(lines)
    return raw


def outcome(load) -> str:
    """Load, and say how it ended; anything but a refusal with reasons makes the test fail."""
    begun = time.perf_counter()
    refusal = None
    try:
        load()
    except DefinitionError as error:
        refusal = error
    assert time.perf_counter() - begun < 10  # a tenth of a second on an idle machine
    if refusal is None:
        return "loaded"
    assert refusal.exit_code == 2
    assert refusal.problems
    for problem in refusal.problems:
        place, _, line = problem.where.rpartition(":")
        assert place.endswith(".yaml")
        assert int(line) >= 1
        assert problem.remedy
    str(refusal).encode("utf-8")  # can be shown
    return "refused"


@pytest.mark.parametrize("part", range(4))
def test_a_damaged_questionnaire_loads_or_is_refused(tmp_path, part):
    path = tmp_path / "ces-d.yaml"
    ends = []
    for seed in range(part, ROUNDS, 4):
        path.write_bytes(damaged(FORM, random.Random(seed)))
        ends.append(outcome(lambda: load_instrument(path, root=tmp_path)))
    assert ends.count("refused") > ROUNDS / 4 / 3  # the damage is real


@pytest.mark.parametrize("part", range(4))
def test_a_damaged_study_loads_or_is_refused(tmp_path, part, monkeypatch):
    instruments = load_instruments(ROOT / "questionnaires", ["ahi", "ces-d"])
    monkeypatch.setattr(
        study_loading, "load_instruments", lambda _, ids: {i: instruments[i] for i in ids}
    )  # saves time
    shutil.copytree(ROOT / "questionnaires", tmp_path / "questionnaires")
    folder = tmp_path / "data_raw" / "woodworth-2018"
    folder.mkdir(parents=True)
    ends = []
    for seed in range(part, ROUNDS, 4):
        (folder / "study.yaml").write_bytes(damaged(STUDY, random.Random(seed)))
        ends.append(outcome(lambda: load_study("woodworth-2018", workbench=Workbench(tmp_path))))
    assert ends.count("refused") > ROUNDS / 4 / 3


def test_the_files_themselves_load(tmp_path):
    path = tmp_path / "ces-d.yaml"
    path.write_bytes(FORM)
    assert outcome(lambda: load_instrument(path)) == "loaded"
    path.write_bytes(FORM.replace(b"reverse: true", b"reverse: false", 1))
    assert outcome(lambda: load_instrument(path)) == "refused"
