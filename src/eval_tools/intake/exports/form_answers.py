"""What the cells of a form's export say: options as 1 and 0, labels as codes, and why a cell is empty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eval_tools.intake.exports.conditions import Condition, parse_condition
from eval_tools.intake.exports.form_columns import FALSE_WORDS, TRUE_WORDS, FormColumn, option_column
from eval_tools.intake.exports.xlsform import Form, Question
from eval_tools.intake.findings import Findings, shorten
from eval_tools.intake.raw_table import NOT_IN_VERSION, REASONS, SKIPPED, plain

CHANCE = 0.001  # an empty column is taken for one the version lacks only if chance would do it more rarely


@dataclass(slots=True)
class Answers:
    """A table while it is being read: columns, cells row by row, and the row of each in the file."""

    file: str
    columns: list[FormColumn]
    cells: list[list[str]]
    rows: list[int]
    findings: Findings
    repeat: str = ""  # name of the repeat the rows belong to
    parents: list[Mapping[str, str]] = field(default_factory=list)  # answers of the parent of each row

    def column(self, index: int) -> list[str]:
        """Return the cells of one column."""
        return [record[index] for record in self.cells]

    def set_column(self, index: int, cells: Sequence[str]) -> None:
        """Replace the cells of one column."""
        for record, cell in zip(self.cells, cells, strict=True):
            record[index] = cell

    def note(self, rule: str, detail: str, *, column: str = "", count: int = 1, severity: str = "note") -> None:
        """Add a finding about this file."""
        self.findings.add(rule, detail, severity=severity, file=self.file, column=column, count=count)  # type: ignore[arg-type]

    def options(self, index: int) -> list[int]:
        """Return the places of the option columns of the select_multiple at ``index``."""
        name = self.columns[index].info.question or self.columns[index].info.name
        return [i for i, c in enumerate(self.columns) if c.choice and c.info.question == name]


def read_flags(answers: Answers) -> None:
    """Write the cells of options as 1 and 0, whatever words the export has; report any other text."""
    for index, column in enumerate(answers.columns):
        if column.info.kind != "choice":
            continue
        cells, odd = [], []
        for row, cell in zip(answers.rows, answers.column(index), strict=True):
            word = plain(cell).lower()
            cells.append("1" if word in TRUE_WORDS else "0" if word in FALSE_WORDS else cell.strip())
            if word and word not in TRUE_WORDS | FALSE_WORDS:
                odd.append(row)
        answers.set_column(index, cells)
        if odd:
            answers.note(
                "option_not_flag",
                f"an option holds something else than 1 or 0 in rows {shorten(odd)}. | Export the file again.",
                column=column.info.name,
                count=len(odd),
                severity="error",
            )


def codes_for_labels(answers: Answers, form: Form) -> None:
    """Where the export holds the words of options, put the codes of the form; report words it does not know.

    One language is chosen for the whole file: the one that explains most cells.
    """
    asked = [
        (i, c.question) for i, c in enumerate(answers.columns) if c.question and c.question.choices and not c.choice
    ]
    held = {index: Counter(cell for cell in answers.column(index) if plain(cell)) for index, _ in asked}
    languages: list[str | None] = [None, *form.languages]  # None: codes
    fits = [sum(_n_explained(q, language, held[i]) for i, q in asked) for language in languages]
    language = languages[fits.index(max(fits))] if fits else None
    if language is None:
        _report_unknown(answers, asked)
        return
    for index, question in asked:
        if question.several:
            _codes_of_several(answers, index, question, language)
        else:
            known = _by_label(question, language)
            answers.set_column(index, [known.get(plain(cell), cell) for cell in answers.column(index)])
    answers.note("labels_read", "the export holds labels; they are read as the codes of the form.")
    _report_unknown(answers, asked)


def _by_label(question: Question, language: str) -> dict[str, str]:
    """Map words to codes; words that stand for two options are left out."""
    words = Counter(plain(choice.labels.get(language, "") or choice.name) for choice in question.choices)
    pairs = ((plain(choice.labels.get(language, "") or choice.name), choice.name) for choice in question.choices)
    return {label: code for label, code in pairs if words[label] == 1}


def _n_explained(question: Question, language: str | None, held: Counter[str]) -> int:
    if language is None:
        codes = {choice.name for choice in question.choices}
        split = question.several or question.type == "rank"
        return sum(n for cell, n in held.items() if (set(cell.split()) if split else {plain(cell)}) <= codes)
    if question.several:
        return sum(n for cell, n in held.items() if _ordered(plain(cell), _by_label(question, language)) is not None)
    known = _by_label(question, language)
    return sum(n for cell, n in held.items() if plain(cell) in known)


def _codes_of_several(answers: Answers, index: int, question: Question, language: str) -> None:
    known = _by_label(question, language)
    options = answers.options(index)
    cells = []
    for record in answers.cells:
        chosen = {answers.columns[i].choice for i in options if record[i] == "1"}
        allowed = {label: code for label, code in known.items() if code in chosen} if options else known
        codes = _ordered(plain(record[index]), allowed)
        cells.append(record[index] if codes is None else " ".join(codes))
    answers.set_column(index, cells)


def _ordered(text: str, labels: Mapping[str, str]) -> list[str] | None:
    """Read labels joined by blanks, though they may hold blanks themselves; None if there is not exactly one way."""
    ways: dict[int, list[list[str]]] = {0: [[]]}  # end of what is read -> the ways to it, two at most
    for start in range(len(text)):
        for label, code in labels.items() if start in ways else ():
            end = start + len(label)
            if label and text.startswith(label, start) and (end == len(text) or text[end] == " "):
                new = [[*way, code] for way in ways[start] if code not in way]
                after = end if end == len(text) else end + 1
                ways[after] = (ways.get(after, []) + new)[:2]
    full = ways.get(len(text), [])
    return full[0] if len(full) == 1 else None


def _report_unknown(answers: Answers, asked: list[tuple[int, Question]]) -> None:
    for index, question in asked:
        codes = {choice.name for choice in question.choices}
        split = question.several or question.type == "rank"
        unknown = [
            row
            for row, cell in zip(answers.rows, answers.column(index), strict=True)
            if plain(cell) and not (set(cell.split()) if split else {plain(cell)}) <= codes
        ]
        if unknown:
            answers.note(
                "choice_not_on_form",
                f"{len(unknown)} answers are no option of the form (rows {shorten(unknown)}). | Use the form of the "
                "same version, or export all versions with XML values and headers.",
                column=answers.columns[index].info.name,
                count=len(unknown),
                severity="warning",
            )


def add_options(answers: Answers, form: Form) -> None:
    """Give every select_multiple that has only its joined cell one column for each option of the form."""
    for index in range(len(answers.columns) - 1, -1, -1):
        column = answers.columns[index]
        question = column.question
        if column.info.kind != "choices" or question is None or answers.options(index):
            continue
        made = [option_column(column, choice, form) for choice in question.choices]
        answers.columns[index + 1 : index + 1] = made
        for record in answers.cells:
            chosen = record[index].split()
            record[index + 1 : index + 1] = [
                ("1" if c.choice in chosen else "0") if chosen else "" for c in made
            ]  # not answered is not "not chosen"


def check_options(answers: Answers) -> None:
    """Report where the joined cell of a select_multiple and its options do not say the same."""
    for index, column in enumerate(answers.columns):
        options = answers.options(index) if column.info.kind == "choices" else []
        if not options:
            continue
        names = {answers.columns[i].choice for i in options}
        unlike = []
        for row, record in zip(answers.rows, answers.cells, strict=True):
            if record[index] in REASONS:
                continue
            chosen = {answers.columns[i].choice for i in options if record[i] == "1"}
            if chosen != set(record[index].split()) & names:
                unlike.append(row)
        if unlike:
            answers.note(
                "options_disagree",
                f"the joined cell and the option columns say different things in {len(unlike)} rows "
                f"({shorten(unlike)}). | One was changed without the other; decide in corrections.yaml.",
                column=column.info.name,
                count=len(unlike),
                severity="warning",
            )


def mark_skipped(answers: Answers) -> None:
    """Mark empty cells of questions that the form did not ask, by its rules; leave the rest as they are.

    A rule that is not understood, or looks at a question the export lacks, decides nothing and is noted.
    """
    own = {c.question.name: i for i, c in enumerate(answers.columns) if c.question and not c.choice}
    rules: dict[str, Condition | None] = {}
    unclear: set[str] = set()
    answered_unasked: dict[str, list[int]] = {}
    for question in dict.fromkeys(c.question for c in answers.columns if c.question):
        if not question.relevance:
            continue
        conditions = [rules.setdefault(text, parse_condition(text)) for text in question.relevance]
        places = [i for i, c in enumerate(answers.columns) if c.question is question]
        asked = _asked(answers, [c for c in conditions if c is not None], own)
        if None in conditions or None in asked:
            unclear.add(question.name)
        for record, row, was_asked in zip(answers.cells, answers.rows, asked, strict=True):
            if was_asked is not False:
                continue
            if any(_value(record[i]) not in ("", "0" if answers.columns[i].choice else "") for i in places):
                answered_unasked.setdefault(question.name, []).append(row)
            elif any(not plain(record[i]) for i in places):
                for i in places:
                    record[i] = SKIPPED if not plain(record[i]) else record[i]
    if unclear:
        answers.note(
            "relevance_unclear",
            f"{len(unclear)} questions have a rule of relevance that cannot be told from the export; their empty cells "
            f"count as not answered: {', '.join(sorted(unclear)[:8])}{' …' if len(unclear) > 8 else ''}.",
            count=len(unclear),
        )
    for name, rows in answered_unasked.items():
        answers.note(
            "answered_though_not_asked",
            f"{len(rows)} answers stand where the form would not have asked (rows {shorten(rows)}). | "
            "They are kept; look whether an earlier answer was changed afterwards.",
            column=name,
            count=len(rows),
        )


def _asked(answers: Answers, conditions: list[Condition], own: Mapping[str, int]) -> list[bool | None]:
    """Tell for each row whether all conditions hold; rows with the same answers are told together."""
    names = tuple(dict.fromkeys(name for condition in conditions for name in condition.names))
    known: dict[tuple[str | None, ...], bool | None] = {}
    asked = []
    for at, record in enumerate(answers.cells):
        parent = answers.parents[at] if answers.parents else {}
        key = tuple(_value(record[own[n]]) if n in own else parent.get(n) for n in names)
        if key not in known:
            given = {name: value for name, value in zip(names, key, strict=True) if value is not None}
            told = [condition.holds(given) for condition in conditions]
            known[key] = False if False in told else None if None in told else True
        asked.append(known[key])
    return asked


def _value(cell: str) -> str:
    return "" if cell in REASONS else plain(cell)


def mark_versions(answers: Answers, version_column: str, form: Form | None) -> None:
    """Mark the empty cells of questions that the version of a row did not have.

    A version has a question if anybody answered it there, or if it is the version of the form given. A question
    nobody answered in one version and many in others is taken as absent there only if chance would leave it
    empty less than once in a thousand times.
    """
    place = next((i for i, c in enumerate(answers.columns) if c.info.name == version_column), None)
    if place is None:
        return
    versions = [plain(cell) for cell in answers.column(place)]
    if len(set(versions)) < 2 and not form:
        return
    for question, places in _by_question(answers).items():
        counts: dict[str, list[int]] = {version: [0, 0] for version in versions}  # rows that saw it, answers
        for record, version in zip(answers.cells, versions, strict=True):
            if not all(record[i] == SKIPPED for i in places):
                counts[version][0] += 1
                counts[version][1] += any(_value(record[i]) for i in places)
        on_form = form is not None and any(c.question and c.info.question == question for c in answers.columns)
        total, filled = (sum(count[i] for count in counts.values()) for i in (0, 1))
        for version, (seen, answered) in counts.items():
            mine = form is not None and version == form.version
            if answered or not seen or not filled or (mine and on_form):
                continue
            surely = mine and not on_form
            if surely or (1 - filled / (total - seen)) ** seen < CHANCE:
                _mark_absent(answers, question, places, [v == version for v in versions])


def _by_question(answers: Answers) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for index, column in enumerate(answers.columns):
        if column.info.kind in ("answer", "choices", "choice", "other", "rank"):
            places.setdefault(column.info.question or column.info.name, []).append(index)
    return places


def _mark_absent(answers: Answers, question: str, places: list[int], mine: list[bool]) -> None:
    rows = []
    for record, row, is_mine in zip(answers.cells, answers.rows, mine, strict=True):
        if is_mine:
            rows.append(row)
            for i in places:
                record[i] = NOT_IN_VERSION if not plain(record[i]) else record[i]
    answers.note(
        "not_in_version",
        f"nobody answered it in one version of the form (rows {shorten(rows)}); taken as not on that version.",
        column=question,
        count=len(rows),
    )


def mark_absent_options(answers: Answers) -> None:
    """Mark an option that is empty where its neighbours hold 1 or 0: that version of the form did not offer it."""
    for index, column in enumerate(answers.columns):
        options = answers.options(index) if column.info.kind == "choices" else []
        marked: Counter[str] = Counter()
        for record in answers.cells:
            if any(record[i] in ("0", "1") for i in options):
                for i in options:
                    if not plain(record[i]):
                        record[i] = NOT_IN_VERSION
                        marked[answers.columns[i].info.name] += 1
        for name, n in marked.items():
            answers.note(
                "option_not_in_version",
                f"the option is empty in {n} rows that answer the others; taken as not offered there.",
                column=name,
                count=n,
            )
