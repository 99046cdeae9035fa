"""Quality as findings: which forms, items and typists to look at; rows and counts, never an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from eval_tools.instruments.instrument import Instrument
from eval_tools.intake.findings import Findings, shorten
from eval_tools.intake.quality.rule import SIGNS, QualityRule

if TYPE_CHECKING:
    import pandas as pd

FORM = ["participant", "wave", "informant"]


def note_forms(quality: pd.DataFrame, forms: pd.DataFrame, findings: Findings) -> None:
    """Note every form with at least one sign, at its row; a form with several signs is one finding.

    Parameters
    ----------
    quality, forms : DataFrame
        QUALITY and FORMS.
    """
    place = {tuple(row[:3]): (row[3], row[4]) for row in forms[[*FORM, "file", "row"]].itertuples(index=False)}
    signs: dict[tuple[str, str, str], set[str]] = {}
    for who, wave, informant, words in quality[[*FORM, "signs"]].itertuples(index=False):
        if words:
            signs.setdefault((who, wave, informant), set()).update(words.split())
    for form, found in signs.items():
        file, row = place[form]
        told = "; ".join(SIGNS[sign] for sign in SIGNS if sign in found)
        findings.add(
            "form_doubtful",
            f"{told}. | Look at the form; it stays in every table. If it is to be left out, declare that with its "
            "reason in corrections.yaml.",
            severity="warning",
            file=str(file),
            row=int(row),
            count=len(found),
        )


def note_items(
    responses: pd.DataFrame,
    instruments: Mapping[str, Instrument],
    findings: Findings,
    *,
    file: str,
    rule: QualityRule | None = None,
) -> None:
    """Note items that many left open, versions of a form that differ, and answers to questions that were not asked.

    Parameters
    ----------
    responses : DataFrame
        RESPONSES.
    file : str
        Under which name the findings stand, usually study.yaml; ``column`` names questionnaire and item.
    """
    rule = rule or QualityRule()
    for name, instrument in instruments.items():
        mine = responses[responses["instrument"] == name]
        for (wave, informant), here in mine.groupby(["wave", "informant"], sort=False):
            occasion = f"at wave {wave!r}, {informant}"
            _often_open(here, name, occasion, findings, file, rule)
            _versions(here, name, occasion, findings, file)
            _not_asked(here, instrument, occasion, findings, file)


def _often_open(here: pd.DataFrame, name: str, occasion: str, findings: Findings, file: str, rule: QualityRule) -> None:
    asked = here[here["missing"].isin(["", "blank", "invalid"])]
    if asked.empty:
        return
    by_item = (asked["missing"] != "").groupby(asked["item"], sort=False)
    share, n = by_item.mean(), by_item.size()
    usual = float(share.median())
    for item in share.index[(share >= rule.item_open) & (share > 3 * usual) & (n >= rule.typist_forms)]:
        findings.add(
            "item_often_open",
            f"{round(share[item] * n[item])} of {n[item]} forms {occasion} leave this item open, more than three times "
            "as often as the others. | Is its text understood, and is it where the form can be read?",
            severity="warning",
            file=file,
            column=f"{name}.{item}",
            count=round(share[item] * n[item]),
        )


def _versions(here: pd.DataFrame, name: str, occasion: str, findings: Findings, file: str) -> None:
    absent = here[here["missing"] == "not_in_version"]
    n_forms = here["participant"].nunique()
    by_form = absent.groupby("participant")["item"].agg(frozenset)
    versions: set[frozenset[str]] = set(by_form) | (set() if len(by_form) == n_forms else {frozenset()})
    if len(versions) > 1:
        findings.add(
            "version_changed",
            f"{len(versions)} versions of the form were used {occasion}: {len(by_form)} of {n_forms} forms lack "
            f"{absent['item'].nunique()} items. | Right if the form was changed on purpose; those items compare fewer "
            "people.",
            severity="warning",
            file=file,
            column=name,
            count=len(by_form),
        )


def _not_asked(here: pd.DataFrame, instrument: Instrument, occasion: str, findings: Findings, file: str) -> None:
    conditional = [item for item in instrument.items.values() if item.asked_if is not None]
    if not conditional:
        return
    answers = here.pivot(index="participant", columns="item", values="answer")
    reasons = here.pivot(index="participant", columns="item", values="missing")
    for item in conditional:
        assert item.asked_if is not None
        if item.id not in answers or item.asked_if.item not in answers:
            continue
        before = answers[item.asked_if.item].to_numpy(dtype=float)
        given = answers[item.id].notna().to_numpy()
        due = item.asked_if.when.holds(before)
        passed_over = int((due & (reasons[item.id] == "skipped").to_numpy()).sum())
        if passed_over:
            findings.add(
                "asked_but_skipped",
                f"{passed_over} forms {occasion} skip this item although {item.asked_if.item!r} says that it was to be "
                "asked. | Compare the skip rule of the form with the questionnaire.",
                severity="warning",
                file=file,
                column=f"{instrument.id}.{item.id}",
                count=passed_over,
            )
        against = int((given & ~np.isnan(before) & ~due).sum())
        if against:
            findings.add(
                "answered_unasked",
                f"{against} forms {occasion} answer this item although {item.asked_if.item!r} says that it was not to "
                "be asked. | Look at the forms; the answers are kept.",
                severity="warning",
                file=file,
                column=f"{instrument.id}.{item.id}",
                count=against,
            )


def note_typists(
    quality: pd.DataFrame,
    forms: pd.DataFrame,
    typists: pd.DataFrame,
    findings: Findings,
    *,
    rule: QualityRule | None = None,
) -> None:
    """Note typists or interviewers whose forms show signs far more often than those of the others.

    Parameters
    ----------
    quality, forms : DataFrame
        QUALITY and FORMS.
    typists : DataFrame
        ``participant, wave, informant, typist``: any word that stands for the person; it is never shown, rows are.

    Notes
    -----
    Fisher's exact test, one-sided, against all others of the wave and informant, at 1 % shared out over the typists.
    """
    from scipy.stats import fisher_exact

    rule = rule or QualityRule()
    signs = quality.assign(doubtful=quality["signs"] != "").groupby(FORM, as_index=False)["doubtful"].agg("any")
    known = signs.merge(typists, on=FORM, validate="one_to_one").merge(forms, on=FORM, validate="one_to_one")
    for (wave, informant), here in known.groupby(["wave", "informant"], sort=False):
        counts = here.groupby("typist", sort=False)["doubtful"].agg(["sum", "size"])
        found, n = int(counts["sum"].sum()), int(counts["size"].sum())
        for typist, mine, size in counts.itertuples():
            rest = n - size
            if size < rule.typist_forms or rest < rule.typist_forms:
                continue
            table = [[mine, size - mine], [found - mine, rest - (found - mine)]]
            if fisher_exact(table, alternative="greater").pvalue < rule.typist_p / len(counts):
                theirs = here[here["typist"] == typist]
                file = str(theirs["file"].iloc[0])
                rows = shorten(theirs.loc[theirs["file"] == file, "row"].astype(int), most=4)
                findings.add(
                    "typist_differs",
                    f"at wave {wave!r}, {informant}, {mine} of {size} forms that one person typed or took show signs, "
                    f"against {found - mine} of {rest} of the others; among them rows {rows}. | Compare some of them "
                    "with the paper, or talk with the person.",
                    severity="warning",
                    file=file,
                    row=int(theirs.loc[theirs["file"] == file, "row"].min()),
                    count=int(mine),
                )
