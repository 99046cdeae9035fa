"""Link the forms of several occasions child by child, in tiers; where a rule cannot be sure, a person decides."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from eval_tools.intake.linkage.decisions import Settled
from eval_tools.intake.linkage.forms import CodedForm
from eval_tools.intake.linkage.people import KnownChildren, Occasion
from eval_tools.intake.linkage.review import Candidate, ReviewCase
from eval_tools.stats.code_matching import find_nearest
from eval_tools.tables import LINKS, check_table

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")
MOST_CANDIDATES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRule:
    """When a link is made without a person; the defaults are those whose errors are known, see benchmarks/linkage."""

    confirm: int = 2  # elements that must agree with the child the printed number names
    automatic: float = 1.0  # elements off at most
    with_sex_and_grade: float = 2.0  # the same, if sex and grade agree as well
    margin: float = 1.0  # how much farther the next best must be, on either side
    fewest_alike: int = 4  # elements that must agree, and at least half of all
    grade_steps: tuple[int, ...] = (0, 1)  # grade now minus grade then


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """Whose every form is taken to be."""

    pseudonyms: tuple[str, ...]  # one per form, in the order given
    links: pd.DataFrame  # LINKS
    cases: tuple[ReviewCase, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    method: str
    distance: float = NAN
    margin: float = NAN
    decided_by: str = "rule"
    reason: str = ""


@dataclass(slots=True)
class _State:
    known: KnownChildren
    rule: LinkRule
    entries: dict[int, _Entry] = field(default_factory=dict)
    waiting: dict[int, tuple[str, list[int]]] = field(default_factory=dict)  # form -> why, candidate forms
    disputed: set[int] = field(default_factory=set)  # their number is not theirs for sure

    def link(self, form: int, child: int, method: str, **how: object) -> None:
        self.known.join(form, child)
        self.entries[form] = _Entry(method, **how)  # type: ignore[arg-type]

    def wait(self, form: int, why: str, candidates: Iterable[int] = ()) -> None:
        if form not in self.waiting:
            self.waiting[form] = (why, list(dict.fromkeys(candidates)))

    @property
    def enough_alike(self) -> float:
        """How many elements must agree where a link rests on the code alone."""
        return max(float(self.rule.fewest_alike), self.known.n_elements / 2)

    def last_forms(self, children: Iterable[int]) -> list[int]:
        return [self.known.children[child].forms[-1] for child in children]


def link_forms(
    forms: Sequence[CodedForm],
    *,
    waves: Sequence[str],
    decisions: Sequence[Settled] = (),
    rule: LinkRule | None = None,
) -> Linked:
    """Say of every form whose it is: wave after wave, each form is compared with the children known so far.

    1. What a person decided in links.yaml.
    2. The printed number with a right check digit, whatever the school, if at least two elements of the code agree
       with those of the child who has it and not more than half of all contradict. Where the study asks for no code,
       or the child told none before, the number alone counts.
    3. Within the school, the code: at most one element off; or two, if sex and grade agree. In both cases only if
       form and child are each other's nearest and everybody else is at least one element farther. An element that
       is missing on either side counts one half; at least four elements, and half of all, must agree.
    4. Everything that comes near and is not sure waits for a person: ties, shared codes and numbers, numbers that
       the code contradicts, forms handed in twice, codes found in another school.

    Parameters
    ----------
    forms : sequence of CodedForm
        Every form of the study, in any order.
    waves : sequence of str
        Ids of the waves in time order.
    decisions : sequence of Settled
        From :func:`~eval_tools.intake.linkage.decisions.settle_decisions`.
    rule : LinkRule, optional

    Returns
    -------
    Linked
        A form that waits for a person has the pseudonym of nobody else: no link is better than a wrong one.

    Notes
    -----
    Precision and recall of the tiers: ``benchmarks/results/linkage.txt``.
    """
    state = _State(KnownChildren(forms), rule or LinkRule())
    by_form: dict[int, Settled] = {}
    for decision in decisions:
        if decision.verdict == "not_same_as":
            state.known.apart |= {(decision.form, decision.other), (decision.other, decision.form)}
        else:
            by_form[decision.form] = decision
    occasions: dict[Occasion, list[int]] = defaultdict(list)
    for i in sorted(range(len(forms)), key=lambda i: waves.index(forms[i].wave)):
        occasions[forms[i].wave, forms[i].informant].append(i)
    for occasion, mine in occasions.items():
        _link_occasion(state, occasion, mine, by_form)
    for decision in decisions:
        if decision.verdict == "not_same_as" and state.entries[decision.form].method in ("first", "review"):
            state.entries[decision.form] = _Entry("person", decided_by=decision.decided_by, reason=decision.where)
            state.waiting.pop(decision.form, None)
    names = tuple(state.known.children[state.known.of_form[i]].pseudonym for i in range(len(forms)))
    return Linked(pseudonyms=names, links=_table(state, forms, names), cases=_cases(state, forms))


def _link_occasion(state: _State, occasion: Occasion, mine: list[int], by_form: dict[int, Settled]) -> None:
    known = state.known
    rest = []
    for i in mine:
        decision = by_form.get(i)
        if decision is None:
            rest.append(i)
            continue
        how = {"decided_by": decision.decided_by, "reason": decision.where}
        if decision.verdict == "same_as":
            child = known.of_form[decision.other]
            state.link(i, child, "person", distance=known.between(i, decision.other), **how)
        else:
            known.meet(i, own_name=known.forms[i].number in known.owner)
            state.entries[i] = _Entry("person", decided_by=decision.decided_by, reason=decision.where)
    before = len(known.children)
    repeats = _link_numbers(state, occasion, rest)
    left = [i for i in rest if i not in known.of_form and i not in repeats]
    for site in dict.fromkeys(known.forms[i].site for i in left):
        here = [i for i in left if known.forms[i].site == site]
        children = [child for child in range(before) if known.site_of(child) == site]
        _link_codes(state, occasion, here, children)
    left = [i for i in left if i not in known.of_form]
    _find_transfers(state, occasion, [i for i in left if i not in state.waiting], range(before))
    _find_shared_codes(state, left)
    for i in left:
        known.meet(i, own_name=i in state.disputed)
        state.entries[i] = _Entry("first")
    for i, first in repeats.items():
        child = known.of_form[first]
        state.link(i, child, "again", distance=known.between(i, first))
        state.wait(i, "handed_in_twice", [first])
    for i in mine:
        if i in state.waiting and state.entries[i].method == "first":
            state.entries[i] = _Entry("review", reason=state.waiting[i][0])


# --- printed numbers ---------------------------------------------------------------------------------------


def _link_numbers(state: _State, occasion: Occasion, rest: list[int]) -> dict[int, int]:
    """Link by number; return second forms of one child and the first one of each."""
    known = state.known
    by_number: dict[str, list[int]] = defaultdict(list)
    for i in rest:
        if known.forms[i].number:
            by_number[known.forms[i].number].append(i)
    repeats: dict[int, int] = {}
    for number, group in by_number.items():
        child = known.owner.get(number)
        if child is None:
            if len(group) > 1:
                _settle_first_holders(state, group, repeats)
            continue
        verdicts = {i: _confirm(state, i, child) for i in group}
        sure = [i for i, verdict in verdicts.items() if verdict in ("number", "number_only")]
        if sure and _all_alike(known, sure):
            first, *more = sure
            if known.has_form_at(child, occasion):
                repeats.update(dict.fromkeys(sure, known.children[child].forms[-1]))
            else:
                found = known.likeness(first, child) if verdicts[first] == "number" else None
                distance = NAN if found is None else found.distance
                state.link(first, child, verdicts[first], distance=distance)
                repeats.update(dict.fromkeys(more, first))
        doubtful = [i for i in group if i not in known.of_form and i not in repeats]
        for i in doubtful:
            state.disputed.add(i)
            others = [other for other in group if other != i]
            why = "number_shared" if others else verdicts[i]
            if why != "apart":
                state.wait(i, why, [*others, *state.last_forms([child])])
    return repeats


def _settle_first_holders(state: _State, group: list[int], repeats: dict[int, int]) -> None:
    """Judge several forms of one occasion with a number that no child had before: one child twice, or two children."""
    if _all_alike(state.known, group):
        repeats.update(dict.fromkeys(group[1:], group[0]))
        return
    for i in group:
        state.disputed.add(i)
        state.wait(i, "number_shared", [other for other in group if other != i])


def _all_alike(known: KnownChildren, group: list[int]) -> bool:
    """Say whether forms can all be of one child: codes at most one element off, not of two sexes."""
    sexes = {known.forms[i].sex for i in group} - {""}
    return len(sexes) < 2 and all(_same_code(known, a, b) for a, b in itertools.combinations(group, 2))


def _same_code(known: KnownChildren, a: int, b: int) -> bool:
    return len(known.differing(a, b)) <= 1


def _confirm(state: _State, form: int, child: int) -> str:
    """Return number, number_only, or why the form's number is not enough."""
    known = state.known
    if known.kept_apart(form, child):
        return "apart"
    told = max(int(known.told[i]) for i in known.children[child].forms)
    if told < state.rule.confirm or not known.forms[form].elements:
        return "number_only"
    if known.told[form] < state.rule.confirm:
        return "number_unconfirmed"
    found = known.likeness(form, child)
    differ = len(known.differing(form, found.form))
    sure = found.alike >= state.rule.confirm and differ <= known.n_elements / 2
    return "number" if sure else "number_contradicted"


# --- codes -------------------------------------------------------------------------------------------------


def _link_codes(state: _State, occasion: Occasion, here: list[int], children: list[int]) -> None:
    known, rule = state.known, state.rule
    here = [i for i in here if known.told[i]]
    if not here:
        return
    free = [child for child in children if not known.has_form_at(child, occasion)]
    taken = [child for child in children if known.has_form_at(child, occasion)]
    distance, alike = known.compare(here, free)
    _forbid(state, here, free, distance)
    nearest = find_nearest(distance)
    of_taken, alike_taken = known.compare(here, taken)
    of_taken[alike_taken < state.enough_alike] = np.inf
    _forbid(state, here, taken, of_taken)
    to_link = []
    for r, i in enumerate(here):
        near = [free[c] for c in np.flatnonzero(distance[r] <= rule.with_sex_and_grade)]
        near.sort(key=lambda child, i=i: known.likeness(i, child).distance)  # type: ignore[misc]
        if i in state.waiting:
            why, before = state.waiting[i]
            state.waiting[i] = (why, list(dict.fromkeys([*before, *state.last_forms(near)])))
            continue
        away = of_taken[r].min(initial=np.inf)
        if away <= min(rule.automatic, nearest.distance[r]):
            theirs = [taken[c] for c in np.flatnonzero(of_taken[r] == away)]
            state.wait(i, "taken", state.last_forms([*theirs, *near]))
            continue
        if not near:
            continue
        child, d = free[int(nearest.column[r])], float(nearest.distance[r])
        margin = float(nearest.margin[r])
        beaten = not nearest.mutual[r] and distance[:, nearest.column[r]].min() <= d - rule.margin
        if beaten:
            continue  # another form is that child's, by a margin
        if known.other_number(i, child):
            state.wait(i, "number_differs", state.last_forms(near))
        elif not nearest.mutual[r] or margin < rule.margin:
            state.wait(i, "tie", [*state.last_forms(near), *_rivals(here, distance[:, nearest.column[r]], i, d, rule)])
        elif alike[r, nearest.column[r]] < state.enough_alike:
            state.wait(i, "little_told", state.last_forms(near))
        elif d <= rule.automatic or _sex_and_grade(state, i, child):
            to_link.append((i, child, "code_1" if d <= rule.automatic else "code_2", d, margin))
        else:
            state.wait(i, "two_off", state.last_forms(near))
    for i, child, method, d, margin in to_link:
        state.link(i, child, method, distance=d, margin=margin)


def _forbid(state: _State, rows: list[int], children: list[int], distance: np.ndarray) -> None:
    """Take out what a person kept apart, and children with another number unless the code is as good as theirs."""
    known = state.known
    for r, i in enumerate(rows):
        for c in np.flatnonzero(distance[r] <= state.rule.with_sex_and_grade + state.rule.margin):
            child = children[c]
            different = known.other_number(i, child) and distance[r, c] > state.rule.automatic
            if different or known.kept_apart(i, child):
                distance[r, c] = np.inf


def _rivals(here: list[int], column: np.ndarray, form: int, d: float, rule: LinkRule) -> list[int]:
    return [other for other, far in zip(here, column, strict=True) if other != form and far < d + rule.margin]


def _sex_and_grade(state: _State, form: int, child: int) -> bool:
    mine = state.known.forms[form]
    other = state.known.forms[state.known.likeness(form, child).form]
    return _same_sex(mine, other) and _grade_fits(mine, other, state.rule)


def _same_sex(form: CodedForm, other: CodedForm) -> bool:
    return bool(form.sex) and form.sex == other.sex


def _grade_fits(form: CodedForm, other: CodedForm, rule: LinkRule) -> bool:
    return form.grade is not None and other.grade is not None and form.grade - other.grade in rule.grade_steps


def _find_transfers(state: _State, occasion: Occasion, left: list[int], children: Iterable[int]) -> None:
    """Offer children of other schools whose code is as good as the form's; a person decides."""
    known = state.known
    free = [child for child in children if not known.has_form_at(child, occasion)]
    left = [i for i in left if known.told[i]]
    if not left or not free:
        return
    distance, alike = known.compare(left, free)
    _forbid(state, left, free, distance)
    nearest = find_nearest(distance)
    for r, i in enumerate(left):
        near = nearest.distance[r] <= state.rule.automatic and alike[r, nearest.column[r]] >= state.enough_alike
        if near and not known.other_number(i, free[int(nearest.column[r])]):
            state.wait(i, "other_school", state.last_forms([free[int(nearest.column[r])]]))


def _find_shared_codes(state: _State, left: list[int]) -> None:
    """Find forms of one occasion and school with one code that printed numbers do not tell apart."""
    known = state.known
    blocks: dict[str, list[int]] = defaultdict(list)
    for i in left:
        blocks[known.forms[i].site].append(i)
    for block in blocks.values():
        codes = known.codes[block]
        for a, i in enumerate(block):
            told = (codes[a] >= 0) & (codes >= 0)
            differ = (told & (codes != codes[a])).sum(axis=1) + 0.5 * (~told).sum(axis=1)
            alike = (told & (codes == codes[a])).sum(axis=1)
            for b in np.flatnonzero((differ <= state.rule.automatic) & (alike >= state.enough_alike)):
                other = block[int(b)]
                numbers = {known.forms[i].number, known.forms[other].number}
                if other != i and (len(numbers) < 2 or "" in numbers) and (i, other) not in known.apart:
                    state.wait(i, "code_shared", [other])


# --- what comes out ----------------------------------------------------------------------------------------


def _cases(state: _State, forms: Sequence[CodedForm]) -> tuple[ReviewCase, ...]:
    def candidate(i: int, other: int) -> Candidate:
        form, theirs = forms[i], forms[other]
        return Candidate(
            form=theirs,
            distance=state.known.between(i, other),
            differing=state.known.differing(i, other),
            same_site=form.site == theirs.site,
            same_sex=_same_sex(form, theirs),
            grade_fits=_grade_fits(form, theirs, state.rule),
        )

    return tuple(
        ReviewCase(form=forms[i], why=why, candidates=tuple(candidate(i, other) for other in others[:MOST_CANDIDATES]))
        for i, (why, others) in sorted(state.waiting.items(), key=lambda item: forms[item[0]].place)
    )


def _table(state: _State, forms: Sequence[CodedForm], names: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    rows = [
        (name, form.wave, form.sha256, form.row, e.method, e.distance, e.margin, e.decided_by, e.reason)
        for form, name, e in ((forms[i], names[i], state.entries[i]) for i in range(len(forms)))
    ]
    return check_table(pd.DataFrame(rows, columns=list(LINKS.columns)), LINKS)
