"""What one export may be in a study: who answered, when, which columns say what, and which questionnaires it holds."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from eval_tools.instruments.instrument import Instrument
from eval_tools.intake.columns import ColumnInfo
from eval_tools.intake.proposing.questionnaires import MOST_ANSWERS, Column, Match, find_questionnaires
from eval_tools.intake.proposing.reading import ReadExport
from eval_tools.intake.proposing.roles import Role, find_roles, identifies
from eval_tools.intake.proposing.waves import wave_of_file
from eval_tools.intake.raw_files import OF_THE_PLATFORM
from eval_tools.intake.raw_table import REASONS, plain

MOST_GROUPS, MOST_WAVES = 6, 12
WHO = (  # informant, what files and folders call them
    ("teacher", ("teacher", "教师", "教師", "老师", "老師", "班主任")),
    ("caregiver", ("caregiver", "carer", "guardian", "照顾者", "照顧者", "监护人", "監護人")),
    ("parent", ("parent", "家长", "家長", "父母")),
    ("volunteer", ("volunteer", "志愿者", "志願者")),
    ("child", ("child", "pupil", "student", "kids", "儿童", "兒童", "孩子", "学生", "學生", "留守")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedFile:
    """One export and everything that could be found in it."""

    export: ReadExport
    columns: tuple[Column, ...]
    roles: Mapping[Role, tuple[str, ...]]
    matches: tuple[Match, ...]
    identifying: tuple[str, ...]  # columns that sound as if they told who somebody is, and that no reader drops
    wave: str  # words that tell when, '' if none
    informant: str  # '' if neither the name of the file nor its questionnaires tell
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # column -> its different texts, if few

    @property
    def file(self) -> str:
        """Its name, relative to the study's folder."""
        return self.export.file

    @property
    def is_roster(self) -> bool:
        """Whether it may be the list of those who take part: a number, something about people, no questionnaire."""
        return (
            not self.matches and "participant" in self.roles and bool({"group", "site", "age", "sex"} & set(self.roles))
        )

    def texts(self, column: str) -> list[str]:
        """The cells of a column, made plain, in the order of the rows."""
        return self.export.table.column(column)


def propose_file(export: ReadExport, instruments: Mapping[str, Instrument]) -> ProposedFile:
    """Look at one export; nothing is decided here."""
    table = export.table
    infos = table.columns or tuple(ColumnInfo(name=name, header=name) for name in table.header)
    counts = {info.name: Counter(filter(None, map(plain, _answers(table.cells, i)))) for i, info in enumerate(infos)}
    columns = tuple(
        Column(
            info=info,
            texts=frozenset(counts[info.name]) if len(counts[info.name]) <= 2 * MOST_ANSWERS else frozenset(),
        )
        for info in infos
    )
    roles = _usable_roles(infos, counts)
    used = {names[0] for names in roles.values()}
    open_ = [column for column in columns if column.name not in used and not identifies(column.info)]
    matches = tuple(find_questionnaires(open_, instruments))
    of_forms = {name for match in matches for name in match.columns}
    few = {name: tuple(sorted(count)) for name, count in counts.items() if len(count) <= MOST_WAVES}
    return ProposedFile(
        export=export,
        columns=columns,
        roles=roles,
        matches=matches,
        identifying=tuple(
            info.name
            for info in infos
            if info.kind not in OF_THE_PLATFORM and info.name not in used | of_forms and identifies(info)
        ),
        wave=wave_of_file(export.file),
        informant=informant_of_file(export.file, [instruments[match.instrument] for match in matches]),
        values={name: few[name] for names in roles.values() for name in names if name in few},
    )


def _answers(cells: tuple[tuple[str, ...], ...], at: int) -> list[str]:
    return [record[at] for record in cells if record[at] not in REASONS]


def _usable_roles(infos: tuple[ColumnInfo, ...], counts: Mapping[str, Counter[str]]) -> dict[Role, tuple[str, ...]]:
    """Keep what the cells do not contradict: groups and waves are few, and each stands in more than one row."""
    found: dict[Role, tuple[str, ...]] = {}
    for role, names in find_roles(infos).items():
        most = {"group": MOST_GROUPS, "wave": MOST_WAVES}.get(role)
        kept = tuple(
            name
            for name in names
            if counts[name] and (most is None or (len(counts[name]) <= most and min(counts[name].values()) > 1))
        )
        if kept:
            found[role] = kept
    return found


def informant_of_file(file: str, instruments: list[Instrument]) -> str:
    """Say who answered, by the name of the file and by whom its questionnaires are for; '' where neither tells.

    Examples
    --------
    >>> informant_of_file("2026-spring/家长问卷.xlsx", []), informant_of_file("answers.csv", [])
    ('parent', '')
    """
    path = PurePosixPath(file)
    for text in (path.stem, *reversed(path.parts[:-1])):
        folded = unicodedata.normalize("NFKC", text).lower()
        for informant, words in WHO:
            if any(word in folded for word in words):
                return informant
    told = {{"self": "child", "community": "community_worker"}.get(i.informant, i.informant) for i in instruments}
    return told.pop() if len(told) == 1 else ""
