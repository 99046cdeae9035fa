"""Write a report: material and a language go in, chapters of finished text and figures come out."""

from __future__ import annotations

from collections.abc import Callable

from eval_tools.reporting.blocks import Chapter, Facts, Report
from eval_tools.reporting.chapters.annex import annex_chapter
from eval_tools.reporting.chapters.answer import answer_chapter, people_counts, standing
from eval_tools.reporting.chapters.change import change_chapter
from eval_tools.reporting.chapters.compare import compare_chapter
from eval_tools.reporting.chapters.goals import goals_chapter
from eval_tools.reporting.chapters.people import people_chapter
from eval_tools.reporting.chapters.reading import reading_chapter
from eval_tools.reporting.chapters.regions import regions_chapter
from eval_tools.reporting.chapters.scales import scales_chapter
from eval_tools.reporting.chapters.single import single_chapter
from eval_tools.reporting.chapters.sites import sites_chapter
from eval_tools.reporting.chapters.subgroups import subgroups_chapter
from eval_tools.reporting.chapters.sure import sure_chapter
from eval_tools.reporting.chapters.trust import trust_chapter
from eval_tools.reporting.material import Desk, Material

CHAPTERS: dict[str, Callable[[Desk], Chapter | None]] = {
    "answer": answer_chapter,
    "goals": goals_chapter,
    "reading": reading_chapter,
    "people": people_chapter,
    "trust": trust_chapter,
    "scales": scales_chapter,
    "change": change_chapter,
    "compare": compare_chapter,
    "subgroups": subgroups_chapter,
    "regions": regions_chapter,
    "single": single_chapter,
    "sites": sites_chapter,
    "sure": sure_chapter,
    "annex": annex_chapter,
}


def write_report(material: Material, language: str) -> Report:
    """Write the before/after report in one language.

    Raises
    ------
    UnknownNames
        If the study does not publish in this language.
    """
    desk = Desk(material, language)
    words, study = desk.words, desk.study
    return Report(
        language=language,
        languages=study.languages,
        title=words.of(study.title),
        kind=words("report.kind"),
        synthetic=study.kind == "synthetic",
        facts=box(desk),
        chapters=tuple(found for chapter in CHAPTERS.values() if (found := chapter(desk)) is not None),
    )


def box(desk: Desk) -> Facts:
    """Say at the top what this is, of whom, and how binding."""
    words, study = desk.words, desk.study
    if study.assignment.stepped:
        design = words(f"stepped.design.{'chance' if study.assignment.randomised else 'chosen'}")
    elif study.comparison is None:
        design = words("box.design.single")
    elif study.assignment.randomised:
        design = words(f"box.design.randomised{'_sites' if study.assignment.unit == 'site' else ''}")
    else:
        design = words("box.design.not_randomised")
    n = people_counts(desk)
    people = (
        words("answer.people_hidden")
        if n is None
        else words("box.people.value", n_enrolled=words.number(n[0], 0), n_paired=words.number(n[1], 0), **desk.waves)
    )
    kind = words("report.synthetic") if study.kind == "synthetic" else words("report.real")
    return Facts(
        id="box",
        pairs=(
            (words("box.term"), desk.wave_title(desk.wave)),
            (words("box.standing"), words.sentences(kind, standing(desk))),
            (words("box.design"), words.sentences(words.of(study.about), design)),
            (words("box.people"), people),
            (words("box.plan"), words(f"box.plan.{study.plan.written}")),
            (
                words("box.edition"),
                words(
                    "box.edition.value",
                    version=desk.material.version,
                    fingerprint=desk.material.fingerprint[:12],
                ),
            ),
        ),
    )
