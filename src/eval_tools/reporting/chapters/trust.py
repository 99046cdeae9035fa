"""How far the answers can be trusted: what was left open, how many signs of careless answering, who was found again."""

from __future__ import annotations

import pandas as pd

from eval_tools.reporting.blocks import Block, Chapter, Paragraph, Picture, Table
from eval_tools.reporting.figures import draw_bands
from eval_tools.reporting.material import Desk, Row, records

HOW_MANY = ("0", "1", "2+")
HOW_OPEN = ("complete", "few", "many")
Counts = dict[tuple[str, str, str, str, str], Row]  # measure, wave, informant, group, class


def trust_chapter(desk: Desk) -> Chapter | None:
    """Show how carefully the forms were answered; None where nobody looked."""
    if desk.material.quality is None and desk.material.linkage is None:
        return None
    blocks: list[Block] = []
    if desk.material.quality is not None:
        counts: Counts = {
            (row["measure"], row["wave"], row["informant"], row["group"], row["class"]): row
            for row in records(desk.material.quality.data)
        }
        blocks.append(Paragraph(id="trust-text", text=desk.words("trust.text")))
        for informant in dict.fromkeys(key[2] for key in counts if key[1] == desk.wave.id):
            blocks += [
                signs_picture(desk, counts, informant),
                signs_table(desk, counts, informant),
                open_table(desk, counts, informant),
            ]
        blocks.append(Paragraph(id="trust-note", text=desk.words(f"trust.note.{desk.study.respondents}"), role="note"))
    if desk.material.linkage is not None:
        blocks += [
            linkage_table(desk),
            Paragraph(id="linkage-note", text=desk.words("trust.linkage.note"), role="note"),
        ]
    return Chapter(id="trust", heading=desk.words("trust.heading"), blocks=tuple(blocks))


def of_informant(desk: Desk, title: str, informant: str) -> str:
    """Add who answered, where several did."""
    if len(desk.study.informants) < 2:
        return title
    return desk.words("format.informant", what=title, informant=desk.informant_name(informant))


def _count(desk: Desk, row: Row | None) -> str:
    if row is None:
        return desk.words("format.no_value")
    return desk.count(row["count"]) if row["hidden"] != "complementary" else desk.words("format.protected")


def signs_picture(desk: Desk, counts: Counts, informant: str) -> Picture:
    """Draw which share of the forms of every group shows no sign, one, or several."""
    words = desk.words
    rows, told = [], []
    for moment, wave in (("before", desk.baseline.id), ("after", desk.wave.id)):
        for group in desk.study.groups:
            mine = {c: counts.get(("signs", wave, informant, group, c)) for c in HOW_MANY}
            here = {c: row for c, row in mine.items() if row is not None}
            rows += [{"group": group, "moment": moment, "band": c, "count": row["count"]} for c, row in here.items()]
            if here:
                places = {"group": desk.group_title(group), "wave": desk.wave_name(wave)}
                several = {f"n{i}": _count(desk, mine[c]) for i, c in enumerate(HOW_MANY)}
                told.append(words("trust.picture.alt_group", **places, **several))
    return Picture(
        id=f"trust-picture-{informant}",
        drawing=draw_bands(
            name=f"trust-{informant}",
            bands=pd.DataFrame(rows),
            group_labels=desk.group_titles,
            band_labels={c: words(f"trust.signs.{c}") for c in HOW_MANY},
            before_label=desk.wave_title(desk.baseline),
            after_label=desk.wave_title(desk.wave),
            title=of_informant(desk, words("trust.picture.title"), informant),
            hidden_label=words("format.suppressed"),
            alt=words("trust.picture.alt", groups=words.clauses(told)),
            caption=words("trust.picture.caption"),
            language=desk.language,
            percent_format=words.percent,
        ),
    )


def signs_table(desk: Desk, counts: Counts, informant: str) -> Table:
    """List at the term's wave how many forms show each sign; signs that could not be looked for are left out."""
    words = desk.words
    wave = desk.wave.id
    signs = dict.fromkeys(key[0] for key in counts if key[0].startswith("sign.") and key[1:3] == (wave, informant))
    return Table(
        id=f"trust-signs-{informant}",
        caption=of_informant(desk, words("trust.signs.caption", wave=desk.wave_name(desk.wave)), informant),
        header=(words("trust.signs.sign"), *(desk.group_title(group) for group in _groups(desk, counts))),
        rows=tuple(
            (
                words(f"trust.{sign}"),
                *(_count(desk, counts.get((sign, wave, informant, g, "met"))) for g in _groups(desk, counts)),
            )
            for sign in signs
        ),
    )


def open_table(desk: Desk, counts: Counts, informant: str) -> Table:
    """List by group and occasion how many forms were answered completely, nearly, or with much left open."""
    words = desk.words
    rows = []
    for group in _groups(desk, counts):
        for wave in dict.fromkeys((desk.baseline.id, desk.wave.id)):
            cells = [counts.get(("open", wave, informant, group, c)) for c in HOW_OPEN]
            if any(cell is not None for cell in cells):
                name = words("format.of", what=desk.group_title(group), which=desk.wave_title(wave))
                rows.append((name, *(_count(desk, cell) for cell in cells)))
    return Table(
        id=f"trust-open-{informant}",
        caption=of_informant(desk, words("trust.open.caption"), informant),
        header=(words("people.group"), *(words(f"trust.open.{c}") for c in HOW_OPEN)),
        rows=tuple(rows),
    )


def _groups(desk: Desk, counts: Counts) -> list[str]:
    here = {key[3] for key in counts}
    return [group for group in (*desk.study.groups, "all") if group in here]


def linkage_table(desk: Desk) -> Table:
    """List by group and occasion how many of the people known before were found again."""
    assert desk.material.linkage is not None
    words = desk.words
    return Table(
        id="linkage-table",
        caption=words("trust.linkage.caption"),
        header=(words("people.group"), words("trust.linkage.before"), words("trust.linkage.found")),
        rows=tuple(
            (
                words("format.of", what=desk.group_title(row["group"]), which=desk.wave_title(row["wave"])),
                desk.flow_count(row["n_before"]),
                desk.flow_count(row["n_found"]),
            )
            for row in records(desk.material.linkage.data)
        ),
    )
