"""From which point on an index is a sign. A sign is a reason to look, never a reason to leave a form out."""

from __future__ import annotations

from dataclasses import dataclass

SIGNS = {
    "long_string": "the same answer to at least half of items that point both ways",
    "low_spread": "answers vary far less than those of the others",
    "even_odd": "halves of the same scales contradict each other",
    "synonyms": "questions that others answer alike are answered differently",
    "distance": "a combination of answers that is very unusual",
    "guttman": "easy questions denied and hard ones affirmed",
    "fast": "answered in less than a third of the time that is usual in the school",
    "repeated": "the same answers as on the form of another child",
    "gate": "a validity rule of the questionnaire is met",
    "much_open": "at least a third of the items left open",
    "broke_off": "nothing answered after some point",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityRule:
    """Cut-offs, stated here and nowhere else.

    There is no published reference for how fast children read or how often they answer in straight lines: cut-offs
    for adults ("two seconds an item") would flag good readers and miss slow ones. So time is compared with the
    school, and most indices must be extreme **both** by a stated number and by rank among the forms of the same
    questionnaire, wave and informant. Look at the rates of the first two terms before changing a number.
    """

    fewest_items: int = 6  # below, patterns are not looked for
    fewest_forms: int = 40  # below, a form is not compared with the others
    ranked: float = 0.05  # share of forms that can be extreme by rank
    long_string: float = 0.5  # of the items; Curran (2016), Journal of Experimental Social Psychology 66, 4–19
    low_spread: float = 0.5  # of the median of the others
    even_odd: float = -0.30  # consistency below .30 (Jackson 1976), with the sign turned
    pair_critical: float = 0.60  # items correlated above are synonyms; Meade & Craig (2012)
    fewest_pairs: int = 3
    synonyms: float = 0.22  # consistency below; Meade & Craig (2012)
    distance_p: float = 0.01
    guttman: float = 0.35  # of the errors possible; answering by chance gives about .4
    fast: float = 1 / 3  # of the median of the school
    fewest_in_school: int = 10  # forms with a time; below, all schools are taken together
    repeated_answers: int = 20  # answered items that must be the same
    repeated_unusual: int = 5  # of these, items whose answer is not the most frequent one
    much_open: float = 1 / 3
    broke_off: int = 5  # items at the end
    item_open: float = 0.20  # an item left open by so many, and three times as often as the others, is reported
    typist_forms: int = 10
    typist_p: float = 0.01  # shared out over the typists
