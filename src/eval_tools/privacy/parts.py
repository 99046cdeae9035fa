"""Estimates of parts of a study that is also published as a whole: no small part may be worked out from the others."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from eval_tools.privacy.rule import DisclosureRule


def hide_parts(
    counts: Sequence[int],
    parts: Sequence[Hashable | None],
    *,
    rule: DisclosureRule,
    rest: Mapping[Hashable, int] | None = None,
    drawn_from: Sequence[Hashable | None] = (),
    entered: Sequence[bool] = (),
) -> list[bool]:
    """Say which rows must be hidden, small ones included.

    Parameters
    ----------
    counts : sequence of int, one per row
        The smallest group of people the row tells about.
    parts : sequence, one key per row
        Rows with the same key part the same people, each person in one row or in none; ``None`` for other rows.
    rule : DisclosureRule
        The rule of the study.
    rest : mapping of key to int, optional
        How many people of the whole are in none of its parts. They are a part that is never shown.
    drawn_from : sequence, one key per row, optional
        Rows that are computed from the parts of this key, such as their mean; ``None`` for other rows.
    entered : sequence of bool, one per row, optional
        Whether a part entered such rows; by default all did.

    Returns
    -------
    list of bool
        As long as something hidden is small, at least two parts are hidden, with at least ``min_cell`` people
        together: the smallest ones that are shown. What is drawn from a hidden part is hidden too.

    Examples
    --------
    Three regions of 6, 40 and 90 people, and their mean: the study as a whole would tell the first one.

    >>> hide_parts([6, 40, 90, 6], ["a", "a", "a", None], drawn_from=[None] * 3 + ["a"], rule=DisclosureRule())
    [True, True, False, True]
    """
    hidden = [False] * len(counts)
    for key in dict.fromkeys(part for part in parts if part is not None):
        mine = [i for i, part in enumerate(parts) if part == key]
        outside = (rest or {}).get(key, 0)
        away = [i for i in mine if rule.is_small(counts[i])]
        if away or (outside and rule.is_small(outside)):
            shown = sorted((i for i in mine if i not in away), key=lambda i: (counts[i], i))
            while shown and (len(away) + bool(outside) < 2 or rule.is_small(sum(counts[i] for i in away) + outside)):
                away.append(shown.pop(0))
        for i in away:
            hidden[i] = True
        if any(not entered or entered[i] for i in away):
            for i, drawn in enumerate(drawn_from):
                hidden[i] = hidden[i] or drawn == key
    return hidden
