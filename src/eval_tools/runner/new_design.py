"""From what was found in the files and what was answered to the content of a study.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eval_tools.definitions.shapes import LANGUAGES, SLUG
from eval_tools.instruments.instrument import Instrument
from eval_tools.intake.proposing.files import ProposedFile
from eval_tools.intake.proposing.waves import in_order, title_of, wave_id
from eval_tools.runner.asking import Asker, Question, yes_or_no
from eval_tools.runner.new_plan import draft_plan
from eval_tools.runner.new_sources import Source, draft_roster, draft_sources

COMPARISON = ("control", "comparison", "waitlist", "wait list", "placebo", "对照", "對照", "比较", "比較", "等候")
PROGRAMME = (
    "programme",
    "program",
    "intervention",
    "treatment",
    "experiment",
    "干预",
    "干預",
    "实验",
    "實驗",
    "项目",
    "項目",
)
GROUP_TITLES = {
    "programme": {"en": "Programme", "zh-Hant": "計畫組", "zh-Hans": "项目组"},
    "comparison": {"en": "Comparison", "zh-Hant": "對照組", "zh-Hans": "对照组"},
}
Paths = dict[tuple[str | int, ...], str]


@dataclass(slots=True)
class Drafted:
    """A study.yaml as plain data, with remarks for its lines and warnings for the person."""

    data: dict[str, Any] = field(default_factory=dict)
    remarks: Paths = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def draft_study(
    study: str, files: Sequence[ProposedFile], instruments: Mapping[str, Instrument], asker: Asker
) -> Drafted:
    """Draft a study; what lacks is noted by the asker, which refuses in the end."""
    drafted = Drafted()
    if not re.fullmatch(SLUG, study):
        drafted.warnings.append(f"the folder {study!r} should be lower-case letters, digits, - and _.")
    roster = _roster_of(files, asker)
    sources = draft_sources([f for f in files if f is not roster], instruments, asker, drafted.warnings)
    waves, wave_values = _waves(sources, asker)
    groups, group_values, assignment = _groups(sources, roster, asker, drafted)
    used = list(dict.fromkeys(name for source in sources for name in source.instruments))
    title = _title(asker)
    drafted.data |= {"schema_version": "1.0", "study": study, "title": title}
    drafted.data["about"] = _about(sources, waves, used, instruments, asker)
    drafted.data["kind"] = asker.ask(
        Question(key="kind", text="Are these real answers?", default="real", choices=("real", "synthetic"))
    )
    drafted.data["respondents"] = _respondents(used, instruments, asker)
    drafted.data["assignment"] = assignment
    drafted.data["groups"] = groups
    drafted.data["waves"] = waves
    drafted.data["informants"] = list(dict.fromkeys(source.informant for source in sources if source.informant))
    site = [f.roles["site"][0] for f in files if "site" in f.roles]
    if site and re.search(r"school|学校|學校|校名", " ".join(site).lower()):
        drafted.data["site_word"] = "school"
    if roster is not None:
        drafted.data["roster"] = draft_roster(roster, group_values, drafted.warnings)
    drafted.data["sources"] = [source.entry(wave_values, group_values) for source in sources]
    for i, source in enumerate(sources):
        drafted.remarks |= {("sources", i, *path): text for path, text in source.remarks.items()}
    drafted.data["plan"] = draft_plan(sources, instruments, waves, asker)
    drafted.data["publish"] = {"languages": _languages(asker), "min_cell": 10, "round_to": 5}
    children = drafted.data["kind"] == "real" and drafted.data["respondents"] == "children"
    drafted.data["people"] = _people(used, instruments, asker, drafted.warnings, required=children)
    return drafted


def _roster_of(files: Sequence[ProposedFile], asker: Asker) -> ProposedFile | None:
    """Choose the list of those who take part, if there is one."""
    lists = {
        file.file: file
        for file in files
        if file.is_roster and len(set(ids := file.texts(file.roles["participant"][0]))) == len(ids)
    }
    if not lists:
        return None
    question = Question(
        key="roster",
        text="Is this the list of those who take part, one row for each person?",
        why="It may tell group, school, age and sex; a person who is not in it is reported.",
        default=next(iter(lists)) if len(lists) == 1 else None,
        choices=(*lists, "none"),
    )
    return lists.get(asker.ask(question))


# --- waves -----------------------------------------------------------------------------------------------------


def _waves(sources: Sequence[Source], asker: Asker) -> tuple[list[dict[str, Any]], dict[str, dict[str, str]]]:
    """Give the waves in time order, and for each file with a wave column what its texts mean."""
    values: dict[str, dict[str, str]] = {}
    names: list[str] = []
    for source in sources:
        if source.wave_column:
            texts = source.file.values[source.wave_column]
            mine = {text: wave_id(text) or _slug(text, f"wave-{i}") for i, text in enumerate(texts, start=1)}
            values[source.file.file] = mine
            names += mine.values()
        else:
            why = "A short name in lower-case letters, such as before, after or 2026-spring."
            key = f"wave.{source.file.file}"
            found = wave_id(source.file.wave) or (_slug(source.file.wave, "") if source.file.wave else "")
            if found and key not in asker.given:
                source.wave = found
            else:
                text = f"At which wave was {source.file.file} collected?"
                source.wave = asker.ask(Question(key=key, text=text, why=why, default=found or None), _wave_name)
            names += [source.wave] if source.wave else []
    order, certain = in_order(names)
    if len(order) > 1 and (not certain or "waves" in asker.given):
        why = "All of them, separated by commas; names that sort well are not always in the order of time."
        question = Question(key="waves", text=f"In which order do the waves lie in time? {', '.join(order)}", why=why)
        order = asker.ask(question, lambda answer: _all_of(answer, order)) or order
    if len(order) == 1:
        question = Question(
            key="next_wave",
            text="There are answers of one wave only. What will the wave after the programme be called?",
            why="A study compares before and after; until the other wave is there, check warns that it is empty.",
            default="after" if order[0] != "after" else None,
        )
        later = asker.ask(question, _wave_name)
        order = (*order, later) if later else order
    roles = _roles(order, asker)
    return [{"id": w, "role": r, "title": title_of(w)} for w, r in zip(order, roles, strict=True)], values


def _roles(order: Sequence[str], asker: Asker) -> Sequence[str]:
    guess = ["before", *("after", *["follow-up"] * len(order))][: len(order)]
    question = Question(
        key="roles",
        text=f"Which role has each wave? {', '.join(order)}",
        why="before, after or follow-up for each, separated by commas; the programme begins after the last 'before'.",
        default=", ".join(guess),
    )

    def parse(answer: str) -> list[str]:
        words = [word.strip() for word in re.split(r"[,，、]", answer)]
        if len(words) != len(order) or not set(words) <= {"before", "after", "follow-up"}:
            raise ValueError(f"{len(order)} words of before, after, follow-up.")
        return words

    return asker.ask(question, parse) or guess


def _wave_name(answer: str) -> str:
    found = wave_id(answer) or answer
    if not re.fullmatch(SLUG, found):
        raise ValueError("Lower-case letters, digits, - and _; at most 40 characters.")
    return found


def _all_of(answer: str, names: Sequence[str]) -> tuple[str, ...]:
    given = tuple(word.strip() for word in re.split(r"[,，、]", answer))
    if sorted(given) != sorted(names):
        raise ValueError(f"Each of these once: {', '.join(names)}.")
    return given


def _slug(text: str, otherwise: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40]
    return slug if slug and re.search("[a-z]", slug) else otherwise


# --- groups ----------------------------------------------------------------------------------------------------


def _groups(
    sources: Sequence[Source], roster: ProposedFile | None, asker: Asker, drafted: Drafted
) -> tuple[dict[str, Any], dict[str, str], dict[str, Any]]:
    """Give the groups, what the texts of group columns mean, and who was assigned."""
    of_roster = roster.roles.get("group", ()) if roster is not None else ()
    told = bool(of_roster) or (bool(sources) and all(source.group_column for source in sources))
    if not told:
        if any(source.group_column for source in sources):
            what = "some files tell the group and others do not, and there is no roster: it is drafted as one group."
            drafted.warnings.append(f"{what} Put a list of those who take part, with their group, into the folder.")
            for source in sources:
                source.leave_group_out()
        group = {"programme": {"role": "programme", "title": GROUP_TITLES["programme"]}}
        return group, {}, {"unit": "none", "randomised": False}
    files = [(source.file, source.group_column) for source in sources if source.group_column]
    files += [(roster, of_roster[0])] if roster is not None and of_roster else []
    texts = sorted({text for file, column in files for text in file.values.get(column, ())})
    groups: dict[str, Any] = {}
    meanings: dict[str, str] = {}
    for i, text in enumerate(texts, start=1):
        folded = text.lower()
        guess = next((r for r, ws in (("comparison", COMPARISON), ("programme", PROGRAMME)) if _has(folded, ws)), None)
        name = guess if guess and guess not in groups else _slug(text, f"group-{i}")
        question = Question(
            key=f"role.{name}",
            text=f"What did the group {text!r} get?",
            why="The comparison is the group the others are compared with; there is one at most.",
            default=guess if len(texts) > 1 else guess or "programme",
            choices=("programme", "comparison"),
        )
        role = asker.ask(question)
        same = GROUP_TITLES.get(name)
        groups[name] = {
            "role": role,
            "title": same or dict.fromkeys(LANGUAGES, text if len(text) > 1 else f"Group {text}"),
        }
        meanings[text] = name
    return groups, meanings, _assignment(len(groups), files, asker)


def _has(text: str, words: Sequence[str]) -> bool:
    return any(word in text for word in words)


def _assignment(n_groups: int, files: Sequence[tuple[ProposedFile, str]], asker: Asker) -> dict[str, Any]:
    if n_groups < 2:
        return {"unit": "none", "randomised": False}
    of_site: dict[str, set[str]] = {}
    for file, column in files:
        if "site" in file.roles:
            for site, group in zip(file.texts(file.roles["site"][0]), file.texts(column), strict=True):
                if site and group:
                    of_site.setdefault(site, set()).add(group)
    whole = bool(of_site) and all(len(groups) == 1 for groups in of_site.values())
    unit = asker.ask(
        Question(
            key="assignment.unit",
            text="Who was given to a group: whole sites (schools), single participants, or was nothing assigned?",
            why="It decides which estimator is right. In these files "
            + (
                "every site lies in one group."
                if whole
                else "sites hold several groups."
                if of_site
                else "no site is told."
            ),
            default=("site" if whole else "participant") if of_site else None,
            choices=("site", "participant", "none"),
        )
    )
    randomised = False
    if unit in ("site", "participant"):
        text = "Were they given to the groups by chance (drawn by lot)?"
        question = Question(key="assignment.randomised", text=text, default="no")
        randomised = asker.ask(question, yes_or_no) is True
    return {"unit": unit or "none", "randomised": randomised}


# --- words -----------------------------------------------------------------------------------------------------


def _title(asker: Asker) -> dict[str, str]:
    one = next((asker.given[f"title.{code}"] for code in LANGUAGES if f"title.{code}" in asker.given), None)
    title = asker.ask(
        Question(key="title", text="What is the study called?", why="It heads every report.", default=one)
    )
    chinese = bool(re.search(r"[\u4e00-\u9fff]", title))
    english = Question(key="title.en", text="And in English?", default=title or "-")
    return {
        "en": asker.ask(english) if chinese or "title.en" in asker.given else title,
        "zh-Hant": _given(asker, "title.zh-Hant", _converted(title, "s2t") if chinese else title),
        "zh-Hans": _given(asker, "title.zh-Hans", _converted(title, "t2s") if chinese else title),
    }


def _given(asker: Asker, key: str, otherwise: str) -> str:
    """Take what an option says; nobody is asked."""
    return str(asker.ask(Question(key=key, text=key))) if key in asker.given else otherwise


def _converted(text: str, how: str) -> str:
    import opencc

    return str(opencc.OpenCC(how).convert(text))


def _about(
    sources: Sequence[Source],
    waves: Sequence[Mapping[str, Any]],
    used: Sequence[str],
    instruments: Mapping[str, Instrument],
    asker: Asker,
) -> dict[str, str]:
    """Say in each language what is known: which questionnaires, answered how often."""
    n = len([wave for wave in waves if any(wave["id"] in source.waves for source in sources)]) or len(waves)
    names = {code: "、".join(str(instruments[name].title[code]) for name in used) for code in ("zh-Hant", "zh-Hans")}
    english = "; ".join(str(instruments[name].title["en"]) for name in used)
    about = {
        "en": f"Answers to {english} on {n} occasion{'s' if n > 1 else ''}.",
        "zh-Hant": f"共 {n} 次調查，問卷：{names['zh-Hant']}。",
        "zh-Hans": f"共 {n} 次调查，问卷：{names['zh-Hans']}。",
    }
    return {code: _given(asker, f"about.{code}", text) for code, text in about.items()}


def _respondents(used: Sequence[str], instruments: Mapping[str, Instrument], asker: Asker) -> str:
    adults = bool(used) and all((instruments[name].age_years[0] or 0) >= 18 for name in used)
    question = Question(
        key="respondents",
        text="Is the study about children or about adults?",
        why="For children the stricter rules of publishing hold.",
        default="adults" if adults else "children",
        choices=("children", "adults"),
    )
    return str(asker.ask(question))


def _languages(asker: Asker) -> list[str]:
    def parse(answer: str) -> list[str]:
        words = [word.strip() for word in re.split(r"[,，、 ]+", answer) if word.strip()]
        if not words or not set(words) <= set(LANGUAGES) or len(set(words)) < len(words):
            raise ValueError(f"Some of {', '.join(LANGUAGES)}, each once.")
        return words

    question = Question(key="languages", text="In which languages are the reports?", default=", ".join(LANGUAGES))
    return asker.ask(question, parse) or list(LANGUAGES)


def _people(
    used: Sequence[str], instruments: Mapping[str, Instrument], asker: Asker, warnings: list[str], *, required: bool
) -> dict[str, str]:
    """Ask for what protects people; of real children with critical questions, somebody must be named."""
    people = {
        "identifiers": asker.ask(
            Question(
                key="identifiers",
                text="Could the participant numbers lead to a person (a school number, a list somebody holds)?",
                why="direct: yes, a key file is needed; published_arbitrary: no, every row is public already.",
                default="direct",
                choices=("direct", "published_arbitrary"),
            )
        )
    }
    critical = [name for name in used if any(True for _ in instruments[name].critical_items())]
    if critical:
        question = Question(
            key="safeguarding_lead",
            text=f"Who looks the same day at answers that need a person? ({', '.join(critical)})",
            why="A role that can be reached on every day of the survey, not a name.",
            optional=not required,
        )
        people["safeguarding_lead"] = asker.ask(question)
        if not people["safeguarding_lead"]:
            del people["safeguarding_lead"]
            what = f"nobody is named who looks at answers that need a person: {', '.join(critical)}."
            warnings.append(f"{what} Name a role under people: safeguarding_lead before anybody answers.")
    return people
