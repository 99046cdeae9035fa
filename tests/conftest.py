"""What every test shares: reproducible searches, and a skip that counts as a failure where it must."""

from __future__ import annotations

import csv
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]

# The same examples on every run, so that a change and nothing else makes a test fail; with
# EVAL_TOOLS_EXPLORE=1 new ones are searched.
settings.register_profile("same", derandomize=True, database=None, deadline=None)
settings.register_profile("explore", derandomize=False, deadline=None)
settings.load_profile("explore" if os.environ.get("EVAL_TOOLS_EXPLORE") else "same")


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project."""
    return ROOT


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Turn a skip into a failure where EVAL_TOOLS_NO_SKIP is set: there everything is installed."""
    report = (yield).get_result()
    if report.skipped and os.environ.get("EVAL_TOOLS_NO_SKIP") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, although nothing may be skipped here: {report.longrepr}"


LITTLE_STUDY = """\
schema_version: "1.0"
study: little
title: {en: "A little invented study", zh-Hant: "一個虛構的小研究", zh-Hans: "一个虚构的小研究"}
about: {en: "Invented people.", zh-Hant: "人物均為虛構。", zh-Hans: "人物均为虚构。"}
kind: synthetic
respondents: children
assignment: {unit: participant, randomised: true}
groups:
  programme: {role: programme, title: {en: "Programme", zh-Hant: "計畫組", zh-Hans: "项目组"}}
  comparison: {role: comparison, title: {en: "Comparison", zh-Hant: "對照組", zh-Hans: "对照组"}}
waves:
  - {id: autumn, role: before, title: {en: "Autumn", zh-Hant: "秋季", zh-Hans: "秋季"}}
  - {id: spring, role: after, title: {en: "Spring", zh-Hant: "春季", zh-Hans: "春季"}}
informants: [child]
sources:
  - file: both/answers.csv
    reader: table
    informant: child
    columns: {participant: id, wave: wave, group: group}
    instruments:
      ces-d: {columns: "q{n}"}
plan:
  written: before_data
  primary:
    - {outcome: ces-d.total, better: lower, smallest_worthwhile: 3}
  decision_term: spring
publish: {languages: [en, zh-Hant, zh-Hans], min_cell: 10, round_to: 5}
people: {identifiers: published_arbitrary}
"""


def _titles(en: str, hant: str, hans: str) -> str:
    return f'{{en: "{en}", zh-Hant: "{hant}", zh-Hans: "{hans}"}}'


GOALS = f"""\
goals:
  mind:
    title: {_titles("Mental health", "心理健康", "心理健康")}
    outcomes: [ces-d.total.child, ces-d.total.teacher]
  family: {{title: {_titles("Family life", "家庭生活", "家庭生活")}, outcomes: []}}
subgroups:
  sex:
    title: {_titles("Sex", "性別", "性别")}
    levels: {{girl: {_titles("Girls", "女生", "女生")}, boy: {_titles("Boys", "男生", "男生")}}}
roster:
  file: roster.csv
  reader: table
  columns: {{participant: id, group: group, site: school}}
  subgroups: {{sex: {{column: sex, values: {{女: girl, 男: boy}}, blank: [不詳]}}}}
"""
ONLY_CHILD = "    - {outcome: ces-d.total, better: lower, smallest_worthwhile: 3}\n"
CHILD_AND_TEACHER = """\
    - {outcome: ces-d.total, informant: child, better: lower, smallest_worthwhile: 3}
  secondary:
    - {outcome: ces-d.total, informant: teacher, better: lower}
  subgroups: [sex]
"""
TEACHERS = """\
  - file: both/teachers.csv
    reader: table
    informant: teacher
    columns: {participant: id, wave: wave, group: group, site: school}
    instruments:
      ces-d: {columns: "q{n}"}
plan:
"""


@dataclass
class LittleWorkbench:
    """A workbench with one invented study, to be broken in one place at a time."""

    root: Path

    @property
    def folder(self) -> Path:
        """The study's folder."""
        return self.root / "data_raw" / "little"

    @property
    def answers(self) -> Path:
        """The only raw file."""
        return self.folder / "both" / "answers.csv"

    def change(self, old: str, new: str, *, file: str = "study.yaml") -> None:
        """Replace one text in a file of the study; it must be there."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def write_answers(self, rows: list[list[object]]) -> None:
        """Write the raw file: id, wave, group and 20 answers a row."""
        header = ["id", "wave", "group", *(f"q{n}" for n in range(1, 21))]
        self.answers.parent.mkdir(parents=True, exist_ok=True)
        with self.answers.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])

    def go_to_school(self, programme: int = 8, comparison: int = 6, *, randomised: bool = False, **how) -> None:
        """Make it a study of whole schools: other answers, and the school of every child.

        With no comparison schools it becomes a study of a single group. ``how`` goes to ``invented_schools``.
        """
        self.change("wave: wave, group: group}", "wave: wave, group: group, site: school}")
        unit = "{unit: site, randomised: true}" if randomised else "{unit: site, randomised: false}"
        if not comparison:
            unit = "{unit: none, randomised: false}"
            study = (self.folder / "study.yaml").read_text(encoding="utf-8")
            [group] = [line for line in study.splitlines(keepends=True) if line.startswith("  comparison: ")]
            self.change(group, "")
        self.change("{unit: participant, randomised: true}", unit)
        self.write_school_answers(invented_schools(programme, comparison, **how))

    def write_school_answers(self, rows: list[list[object]]) -> None:
        """Write the raw file with a last column for the school."""
        self.write_answers([row[:-1] for row in rows])
        with self.answers.open(encoding="utf-8", newline="") as file:
            lines = list(csv.reader(file))
        schools = ["school", *(row[-1] for row in rows)]
        with self.answers.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([*line, school] for line, school in zip(lines, schools, strict=True))

    def ask_several(self, programme: int = 8, comparison: int = 6, *, teachers_only_after: bool = False, **how) -> None:
        """Let children of whole schools and their teachers answer; add goals, and a roster with the sex of the child.

        One child in six is of unknown sex. One goal is measured by nothing. ``how`` goes to ``invented_schools``.
        """
        self.go_to_school(programme, comparison, **how)
        for old, new in (
            ("plan:\n", TEACHERS),
            ("informants: [child]", "informants: [child, teacher]"),
            (ONLY_CHILD, CHILD_AND_TEACHER),
            ("sources:\n", GOALS + "sources:\n"),
        ):
            self.change(old, new)
        children = invented_schools(programme, comparison, **how)
        asked = {(row[0], row[1]) for row in children}
        rows = [
            row for row in invented_schools(programme, comparison, **{**how, "seed": 99}) if tuple(row[:2]) in asked
        ]
        if teachers_only_after:
            rows = [row for row in rows if row[1] == "spring"]
        header = ["id", "wave", "group", *(f"q{n}" for n in range(1, 21)), "school"]
        _write(self.folder / "both" / "teachers.csv", [header, *rows])
        people = {row[0]: (row[2], row[-1]) for row in children}
        sexes = ["女", "男", "女", "男", "不詳", "男"]
        lines = [[who, *where, sexes[i % 6]] for i, (who, where) in enumerate(people.items())]
        _write(self.folder / "roster.csv", [["id", "group", "school", "sex"], *lines])

    def invent_schools(self, programme: int = 8, comparison: int = 6, **how) -> list[list[object]]:
        """Invent the answers of whole schools that go_to_school writes, to be changed and written."""
        how.pop("randomised", None)
        return invented_schools(programme, comparison, **how)

    def invent(self, n_per_group: int = 30, *, seed: int = 7, effect: float = 1.0) -> list[list[object]]:
        """Invent other answers, to be changed and written."""
        return invented_rows(n_per_group, seed=seed, effect=effect)


def _write(path: Path, rows: list[list[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def invented_rows(n_per_group: int = 30, *, seed: int = 7, effect: float = 1.0) -> list[list[object]]:
    """Invent answers of two groups at two waves; the programme lowers the chance of a high answer by ``effect``.

    A fifth of the people do not answer in spring.
    """
    rng = np.random.default_rng(seed)
    rows: list[list[object]] = []
    reverse = {4, 8, 12, 16}
    for g, group in enumerate(("programme", "comparison")):
        for i in range(n_per_group):
            trait = rng.normal()
            for wave in ("autumn", "spring"):
                if wave == "spring" and rng.random() < 0.2:
                    continue
                shift = effect if (wave == "spring" and group == "programme") else 0.0
                level = 1.2 + 0.7 * trait - 0.3 * shift + rng.normal(scale=0.6, size=20)
                codes = np.clip(np.rint(level), 0, 3).astype(int)
                answers = [int(3 - c) if n in reverse else int(c) for n, c in enumerate(codes, start=1)]
                rows.append([f"invented-{g}{i:03}", wave, group, *answers])
    return rows


def invented_schools(
    programme: int = 8, comparison: int = 6, *, children: int = 16, seed: int = 11, effect: float = 0.0
) -> list[list[object]]:
    """Invent answers of children in schools; the last value of a row is the school.

    Schools differ in level and in change, so that children of one school are alike. The programme lowers answers
    by ``effect`` tenths of a step each, up to where the questionnaire ends. One child in ten is gone in spring.
    """
    rng = np.random.default_rng(seed)
    rows: list[list[object]] = []
    for s in range(programme + comparison):
        group = "programme" if s < programme else "comparison"
        of_school = rng.normal(scale=0.1, size=2)
        for i in range(children):
            trait = rng.normal(scale=0.4)
            for w, wave in enumerate(("autumn", "spring")):
                if wave == "spring" and rng.random() < 0.1:
                    continue
                shift = effect / 10 if (wave == "spring" and group == "programme") else 0.0
                level = 1.4 + trait + of_school[0] + w * of_school[1] - shift + rng.normal(scale=0.15)
                codes = np.clip(np.rint(level + rng.normal(scale=0.6, size=20)), 0, 3).astype(int)
                answers = [int(3 - c) if n in (4, 8, 12, 16) else int(c) for n, c in enumerate(codes, start=1)]
                rows.append([f"invented-{s:02}{i:03}", wave, group, *answers, f"school-{s:02}"])
    return rows


def little_workbench(folder: Path) -> LittleWorkbench:
    """Write a workbench with one valid invented study; questionnaires and notebooks are the project's."""
    for name in ("questionnaires", "notebooks"):
        shutil.copytree(ROOT / name, folder / name)
    bench = LittleWorkbench(folder)
    bench.folder.mkdir(parents=True)
    (bench.folder / "study.yaml").write_text(LITTLE_STUDY, encoding="utf-8")
    bench.write_answers(invented_rows())
    return bench


@pytest.fixture
def little(tmp_path: Path) -> LittleWorkbench:
    """A workbench with one valid invented study of 60 children, to be broken."""
    return little_workbench(tmp_path)


@pytest.fixture(scope="module")
def little_bench(tmp_path_factory) -> LittleWorkbench:
    """The same workbench for a whole module, to be read."""
    return little_workbench(tmp_path_factory.mktemp("little"))


@pytest.fixture(scope="session")
def make_little(tmp_path_factory):
    """Make further workbenches with the same study."""
    return lambda: little_workbench(tmp_path_factory.mktemp("little"))
