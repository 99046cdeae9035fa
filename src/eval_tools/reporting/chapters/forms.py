"""Whether the forms were used for whom they are made, and which of them are to be read with caution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval_tools.instruments.instrument import Instrument, ValidityGate
from eval_tools.reporting.blocks import Block, Paragraph, Table
from eval_tools.reporting.material import Desk, Row, records
from eval_tools.studies.ages import doubtful_ages

if TYPE_CHECKING:
    import pandas as pd

WITHOUT = "without_flagged"


def use_of_forms(desk: Desk) -> list[Block]:
    """Say for whom a form is not made, how many forms met a validity gate, and what changes without them."""
    blocks: list[Block] = []
    for name in desk.study.instruments:
        instrument = desk.material.instruments[name]
        for kind, text in (("ages", ages(desk, instrument)), ("reversed", already_reversed(desk, instrument))):
            if text:
                blocks.append(Paragraph(id=f"{kind}-{name}", text=text, role="note"))
    if desk.material.form_checks is not None:
        blocks.append(checks_table(desk, desk.material.form_checks.data))
        blocks.append(Paragraph(id="form-checks-note", text=desk.words("forms.note"), role="note"))
    without = without_table(desk)
    return blocks if without is None else [*blocks, without]


def age_span(desk: Desk, instrument: Instrument) -> str:
    """Write the ages a form is made for."""
    youngest, oldest = instrument.age_years
    if youngest is None or oldest is None:
        if oldest is None:
            return desk.words("forms.ages.from", youngest=youngest)
        return desk.words("forms.ages.to", oldest=oldest)
    return desk.words("forms.ages.between", youngest=youngest, oldest=oldest)


def ages(desk: Desk, instrument: Instrument) -> str:
    """Say whether a form was used for the ages it is made for; '' where nothing has to be said."""
    places = {"abbreviation": instrument.abbreviation}
    counted = desk.material.form_checks
    if counted is not None:
        mine = counted.data[counted.data["instrument"] == instrument.id]
        outside = mine[mine["check"].isin(["below_age", "above_age"]) & (mine["result"] == "met")]
        if len(outside) and not (outside["count"] == 0).all():
            return desk.words("forms.outside", ages=age_span(desk, instrument), **places)
    doubt = doubtful_ages(instrument, desk.study, ages_known=desk.material.ages_known)
    if doubt is None:
        return ""
    return desk.words(f"forms.doubt.{doubt}", ages=age_span(desk, instrument), **places)


def already_reversed(desk: Desk, instrument: Instrument) -> str:
    """Say that the answers look as if somebody had reversed them before; '' otherwise."""
    if instrument.id not in desk.material.already_reversed:
        return ""
    return desk.words("forms.already_reversed", abbreviation=instrument.abbreviation)


def checks_table(desk: Desk, table: pd.DataFrame) -> Table:
    """Count, by question and occasion, the forms to be read with caution."""
    found: dict[tuple[str, str, str, str], dict[str, Row]] = {}
    for row in records(table[table["result"] == "met"]):
        key = (row["instrument"], row["check"], row["scale"], row["informant"])
        found.setdefault(key, {})[row["wave"]] = row
    rows = []
    for (name, check, scale, informant), by_wave in found.items():
        instrument = desk.material.instruments[name]
        asked = desk.words("format.of", what=instrument.abbreviation, which=_named(desk, instrument, check, scale))
        if len(desk.study.informants_of(name)) > 1:
            asked = desk.words("format.informant", what=asked, informant=desk.informant_name(informant))
        cells = (by_wave.get(wave) for wave in desk.study.waves)
        rows.append((asked, *(_count(desk, cell) for cell in cells)))
    return Table(
        id="form-checks",
        caption=desk.words("forms.caption"),
        header=(desk.words("forms.question"), *desk.wave_titles.values()),
        rows=tuple(rows),
    )


def _count(desk: Desk, cell: Row | None) -> str:
    """Write how many forms; one that is hidden may be small or protect a small one."""
    if cell is None:
        return desk.words("format.no_value")
    return desk.count(cell["count"]) if cell["hidden"] != "complementary" else desk.words("format.protected")


def _named(desk: Desk, instrument: Instrument, check: str, scale: str) -> str:
    """Name what was asked of the forms."""
    kind, _, gate = check.partition(".")
    if kind == "gate":
        return _gate(desk, instrument, next(each for each in instrument.validity if each.id == gate))
    youngest, oldest = instrument.age_years
    title = desk.words.of(instrument.scales[scale].title) if scale else ""
    return desk.words(f"forms.check.{kind}", youngest=youngest, oldest=oldest, scale=title)


def _gate(desk: Desk, instrument: Instrument, gate: ValidityGate) -> str:
    if gate.scale is not None:
        title = desk.words.of(instrument.scales[gate.scale].title)
        limit = str(gate.rule).replace(">=", "≥").replace("<=", "≤").replace("==", "=")
        sign = desk.words("forms.gate.scale", scale=title, rule=limit)
    else:
        sign = desk.words("forms.gate.alternating" if gate.pattern == "alternating" else "forms.gate.same_answer")
    return desk.words("forms.gate.excluded", sign=sign) if gate.action == "exclude_from_main_analysis" else sign


def without_table(desk: Desk) -> Table | None:
    """Set the results with and without the flagged forms side by side; None where no questionnaire asks for both."""
    rows = []
    for outcome in desk.study.plan.outcomes:
        for contrast in ("change", "difference"):
            without, with_all = desk.rows(outcome, contrast, WITHOUT), desk.primary(outcome, contrast)
            for group, row in without.items():
                places = {"group": desk.group_title(group)}
                asked = (
                    desk.words("annex.change_of", **places)
                    if contrast == "change"
                    else desk.words("annex.difference_of", reference=desk.group_title(row["reference"]), **places)
                )
                asked = desk.words("format.of", what=desk.scale_title(outcome), which=asked)
                rows.append((asked, desk.estimate(with_all[group]), desk.estimate(row)))
    if not rows:
        return None
    return Table(
        id="without-flagged",
        caption=desk.words("forms.without.caption"),
        header=(desk.words("annex.comparison"), desk.words("forms.without.all"), desk.words("forms.without.kept")),
        rows=tuple(rows),
    )
