"""QUALITY -> counts of forms by group, to be released: how many signs, how much left open, each sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eval_tools.intake.quality.rule import SIGNS
from eval_tools.tables import QUALITY_COUNTS, check_table

if TYPE_CHECKING:
    import pandas as pd

FORM = ["participant", "wave", "informant"]
HOW_MANY = ("0", "1", "2+")
HOW_OPEN = ("complete", "few", "many")
FEW_OPEN = 0.2


def count_quality(quality: pd.DataFrame, participants: pd.DataFrame) -> pd.DataFrame:
    """Count forms by group, wave and informant; a form of several questionnaires counts once, with all its signs.

    Parameters
    ----------
    quality : DataFrame
        QUALITY.
    participants : DataFrame
        PARTICIPANTS.

    Returns
    -------
    DataFrame
        QUALITY_COUNTS, every class of a measure for every group, also with nobody.
    """
    import pandas as pd

    group = participants.set_index("participant")["group"]
    forms: dict[tuple[str, str, str], tuple[set[str], set[str], list[float]]] = {}
    columns = [*FORM, "judged", "signs", "open_share"]
    for who, wave, informant, judged, signs, share in quality[columns].itertuples(index=False):
        mine = forms.setdefault((who, wave, informant), (set(), set(), []))
        mine[0].update(judged.split())
        mine[1].update(signs.split())
        mine[2].append(share)
    counted: dict[tuple[str, str, str, str, str], int] = {}
    groups = [g for g in dict.fromkeys(participants["group"]) if g]

    def count(measure: str, classes: tuple[str, ...], wave: str, informant: str, mine: str, found: str) -> None:
        for each in groups:
            for one in classes:
                counted.setdefault((measure, wave, informant, each, one), 0)
        counted[measure, wave, informant, mine, found] += 1

    for (who, wave, informant), (judged, signs, shares) in forms.items():
        mine = group.get(who, "")
        if not mine:
            continue
        count("signs", HOW_MANY, wave, informant, mine, HOW_MANY[min(len(signs), 2)])
        share = float(np.nanmean(shares)) if not np.isnan(shares).all() else 1.0
        count("open", HOW_OPEN, wave, informant, mine, HOW_OPEN[0 if share == 0 else 1 if share < FEW_OPEN else 2])
        for sign in SIGNS:
            if sign in judged:
                count(f"sign.{sign}", ("met", "other"), wave, informant, mine, "met" if sign in signs else "other")
    order = {name: i for i, name in enumerate(("signs", "open", *(f"sign.{sign}" for sign in SIGNS)))}
    rows = [(*key, n) for key, n in sorted(counted.items(), key=lambda item: order[item[0][0]])]
    return check_table(pd.DataFrame(rows, columns=list(QUALITY_COUNTS.columns)), QUALITY_COUNTS)


def count_pairs_of_signs(quality: pd.DataFrame) -> pd.DataFrame:
    """Count how often two signs stand on the same form, each sign with itself on the diagonal; not for publication.

    Signs that meet far more often than chance would have them speak of one cause.

    Returns
    -------
    DataFrame
        One row and one column per sign, forms counted.
    """
    import pandas as pd

    signs = [" ".join(mine["signs"]).split() for _, mine in quality.groupby(FORM)]
    x = np.array([[sign in found for sign in SIGNS] for found in signs], dtype=int).reshape(len(signs), len(SIGNS))
    return pd.DataFrame(x.T @ x, index=list(SIGNS), columns=list(SIGNS))
