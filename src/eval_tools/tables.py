"""The tables that pass between rooms: what a row is, its key, its columns.

All tables are long and hold one kind of row. The room that sends a table calls
``check_table(table, SPEC)``, which names every broken promise and returns the table.
``participant`` is always the pseudonym.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eval_tools.errors import EvalToolsError, Problem

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class TableSpec:
    """The promise a table makes: what one row is, which columns identify it, what each column means."""

    name: str
    row_is: str
    key: tuple[str, ...]
    columns: Mapping[str, str]


PARTICIPANTS = TableSpec(
    name="participants",
    row_is="one person who takes part",
    key=("participant",),
    columns={
        "participant": "pseudonym",
        "group": "id of the group in study.yaml",
        "site": "id of the school or site; '' where the study has none",
    },
)

SUBGROUPS = TableSpec(
    name="subgroups",
    row_is="the level of one person in one subgroup; no row where it is not known",
    key=("participant", "subgroup"),
    columns={
        "participant": "pseudonym",
        "subgroup": "id of the subgroup in study.yaml",
        "level": "id of the level",
    },
)

PEOPLE = TableSpec(
    name="people",
    row_is="age and sex of one person of the roster; no row where the roster tells neither",
    key=("participant",),
    columns={
        "participant": "pseudonym",
        "age": "float, whole years when the roster was written; missing if not known",
        "sex": "female, male, or '' if not known",
    },
)

TRANSFERS = TableSpec(
    name="transfers",
    row_is="one person who was at another site, or in another group, at a later wave than the start",
    key=("participant", "what"),
    columns={
        "participant": "pseudonym",
        "what": "site or group",
        "wave": "id of the first such wave",
    },
)

FORMS = TableSpec(
    name="forms",
    row_is="one form received: one participant answered on one occasion, with every correction applied",
    key=("participant", "wave", "informant"),
    columns={
        "participant": "pseudonym",
        "wave": "id of the wave in study.yaml",
        "informant": "who answered: child, caregiver, teacher, self ...",
        "file": "name of the raw file; of the first, where questionnaires of one occasion came in several",
        "row": "int, row number in that file, the header being row 1",
    },
)

RESPONSES = TableSpec(
    name="responses",
    row_is="one answer of one participant to one item at one wave",
    key=("participant", "wave", "informant", "instrument", "item"),
    columns={
        "participant": "pseudonym",
        "wave": "id of the wave in study.yaml",
        "informant": "who answered",
        "instrument": "id of the questionnaire",
        "item": "id of the item in the questionnaire",
        "answer": "float, the code printed on the form, not reversed; missing if not answered",
        "missing": "'' if answered, else blank, skipped, not_in_version or invalid",
    },
)

ISSUES = TableSpec(
    name="issues",
    row_is="one finding about the raw data, without the value found",
    key=("rule", "file", "row", "column"),
    columns={
        "rule": "name of the rule that was broken",
        "severity": "error (the run is refused), warning, or note (found and resolved)",
        "file": "name of the raw file",
        "row": "int, row number, the header being row 1; 0 if the whole file or column is meant",
        "column": "name of the column in the raw file; '' if the whole row is meant",
        "count": "int, how many cells or rows",
        "detail": "what was found and how it was resolved; never a value, a name or an ID",
    },
)

SCORES = TableSpec(
    name="scores",
    row_is="one participant on one scale at one wave",
    key=("participant", "wave", "informant", "instrument", "scale"),
    columns={
        "participant": "pseudonym",
        "wave": "id of the wave in study.yaml",
        "informant": "who answered",
        "instrument": "id of the questionnaire",
        "scale": "id of the scale in the questionnaire",
        "score": "float, in the scale's own points; missing if not scored",
        "n_answered": "int, items answered, also of a scale made of scales",
        "status": "scored, prorated, or the reason it was not: too_few_answers, not_answered, void (a validity gate "
        "says so), excluded (a gate keeps the form out of the main analysis) or no_conversion (age or sex not known, "
        "or not in the conversion table)",
        "band": "label of the default band scheme; '' without a scheme or a score",
    },
)

BANDS = TableSpec(
    name="bands",
    row_is="one score in one band scheme that may be shown",
    key=("participant", "wave", "informant", "instrument", "scale", "scheme"),
    columns={
        "participant": "pseudonym",
        "wave": "id of the wave in study.yaml",
        "informant": "who answered",
        "instrument": "id of the questionnaire",
        "scale": "id of the scale",
        "scheme": "id of the band scheme",
        "status": "verified or weak",
        "default": "bool, whether the band in SCORES comes from this scheme",
        "band": "label; '' if there is none",
        "reason": "'' if there is a band, else no_score, age_unknown, sex_unknown or for_others",
    },
)

FORM_CHECKS = TableSpec(
    name="form_checks",
    row_is="how many forms of one questionnaire got one answer to one question about their use",
    key=("check", "instrument", "scale", "wave", "informant", "group", "result"),
    columns={
        "check": "gate.<id of the gate>, below_age, above_age, age_unknown, sex_unknown, void or no_conversion",
        "instrument": "id of the questionnaire",
        "scale": "id of the scale; '' if the form is meant",
        "wave": "id of the wave",
        "informant": "who answered",
        "group": "always 'all'",
        "result": "met, or other (not met, or not known)",
        "count": "int, forms",
    },
)

VALIDITY = TableSpec(
    name="validity",
    row_is="one validity gate of one form",
    key=("participant", "wave", "informant", "instrument", "gate"),
    columns={
        "participant": "pseudonym",
        "wave": "id of the wave in study.yaml",
        "informant": "who answered",
        "instrument": "id of the questionnaire",
        "gate": "id of the gate in the questionnaire",
        "result": "met (the form is suspicious), not_met or unknown",
        "action": "flag, exclude_from_main_analysis or void; what the questionnaire says if the gate is met",
        "report_both": "bool, whether results are to be reported with and without the forms that met it",
    },
)

SCORING_NOTES = TableSpec(
    name="scoring_notes",
    row_is="one thing noticed about the answers to one questionnaire, which a reader of its scores should know",
    key=("instrument", "wave", "informant", "rule", "scale"),
    columns={
        "instrument": "id of the questionnaire",
        "wave": "id of the wave; '' in a file without waves",
        "informant": "who answered; '' in a file without informants",
        "rule": "below_age, above_age, item_not_in_file, already_reversed, age_unknown or sex_unknown",
        "scale": "id of the scale; '' if the form is meant",
        "count": "int, forms or items concerned",
        "n": "int, forms looked at",
        "detail": "what was noticed and what it means; never an answer, a name or an ID",
    },
)

NORM_POSITIONS = TableSpec(
    name="norm_positions",
    row_is="one score against one published norm that fits informant, age and sex",
    key=("participant", "wave", "informant", "instrument", "scale", "norm"),
    columns={
        "participant": "pseudonym",
        "wave": "id of the wave in study.yaml",
        "informant": "who answered",
        "instrument": "id of the questionnaire",
        "scale": "id of the scale",
        "norm": "int, place of the norm in the list of the scale, from 1",
        "population": "whom the norm describes",
        "status": "verified or weak",
        "z": "float, score minus norm mean in norm SDs; missing without a score or an SD",
    },
)

DERIVED_SCORES = TableSpec(
    name="derived_scores",
    row_is="one score made of the scales of two waves, of one participant",
    key=("participant", "informant", "instrument", "derived"),
    columns={
        "participant": "pseudonym",
        "informant": "who answered",
        "instrument": "id of the questionnaire",
        "derived": "id of the derived score in the questionnaire",
        "value": "float; missing if one of its scores is",
        "applies_to": "groups_only (never shown for one child) or groups_and_children",
        "status": "scored, or score_missing",
    },
)

RELIABILITIES = TableSpec(
    name="reliabilities",
    row_is="one reliability coefficient of one scale at one wave",
    key=("wave", "informant", "instrument", "scale", "coefficient"),
    columns={
        "wave": "id of the wave",
        "informant": "who answered",
        "instrument": "id of the questionnaire",
        "scale": "id of the scale",
        "coefficient": "alpha or omega; alpha_bootstrap, alpha with resampled people, where it was asked for",
        "estimate": "float, unrounded; missing if it cannot be estimated",
        "ci_low": "float",
        "ci_high": "float",
        "ci_level": "float",
        "n": "int, people with every item answered",
        "n_items": "int",
        "method": "how it was estimated",
        "status": "estimated, or the reason it was not",
    },
)

FLOW = TableSpec(
    name="flow",
    row_is="how many people of one group took part at one wave",
    key=("group", "wave"),
    columns={
        "group": "id of the group",
        "wave": "id of the wave",
        "n_enrolled": "int, people in the group",
        "n_forms": "int, of these, people with a form at this wave",
        "n_paired": "int, of these, people with a form at the baseline wave too",
    },
)

DESCRIPTIVES = TableSpec(
    name="descriptives",
    row_is="the scores of one group on one outcome at one wave",
    key=("outcome", "group", "wave"),
    columns={
        "outcome": "instrument.scale",
        "group": "id of the group, or 'all'",
        "wave": "id of the wave",
        "n": "int, people with a score",
        "mean": "float, scale points",
        "sd": "float, scale points",
        "ci_low": "float, 95 % interval of the mean, people taken as independent; missing where sites are",
        "ci_high": "float",
    },
)

RESULTS = TableSpec(
    name="results",
    row_is="one estimate of one contrast on one outcome, by one estimator",
    key=("outcome", "contrast", "group", "reference", "baseline", "wave", "estimator", "subgroup", "site"),
    columns={
        "outcome": "instrument.scale, or instrument.scale.informant where the plan names one",
        "contrast": "change (after minus before, in one group), difference (one group minus the "
        "reference group, at the wave), baseline (the same before the programme), dropout (those not reached "
        "minus those reached, at baseline), interaction (how much a change or difference differs between two levels of "
        "a subgroup), agreement (of two informants about the same people, at baseline), stepped (sites that have "
        "started minus sites that have not, up to the wave), region_change or region_difference (within one region), "
        "site_change or site_difference (the same site by site, and pooled over sites), or individual (shares of "
        "people whose own change exceeds measurement error)",
        "group": "id of the group, or 'all'",
        "reference": "id of the group it is compared with; '' for a change; of an agreement the other outcome",
        "baseline": "id of the wave before",
        "wave": "id of the wave after",
        "estimator": "short name of the method, see docs/glossary.md",
        "role": "primary (gives the estimate and the verdict), check (can withhold the verdict), alongside, or detail",
        "branch": "branch of the decision tree; '' where the tree is not asked",
        "subgroup": "'all', or of an interaction subgroup.level.level: the first level minus the second; of a stepped "
        "roll-out 'since_start:' and the waves since the start; with regions 'region:' and the id of the region, or "
        "'regions' for all of them pooled",
        "site": "'all' or the site",
        "estimand": "what the number is about, in words",
        "estimate": "float, unrounded; missing if it cannot be estimated",
        "ci_low": "float",
        "ci_high": "float",
        "ci_level": "float, e.g. 0.95",
        "se": "float",
        "df": "float; missing where the method has none",
        "p_value": "float; missing where the method has none",
        "p_adjusted": "float, adjusted over the family of contrasts; missing outside a family",
        "n": "int, people that entered",
        "n_sites": "int, sites that entered; 0 where the study has none",
        "smallest_count": "int, the smallest group of people whose size the row would tell; 0 for a region with a "
        "single site in an arm, whose own result it would be",
        "unit": "scale points, SD, percentage points ...",
        "standardiser": "the SD a standardised effect is divided by; '' for raw units",
        "method": "the method and its source",
        "status": "estimated, or the reason it was not",
    },
)

VERDICTS = TableSpec(
    name="verdicts",
    row_is="what may be said of one contrast on one outcome, and how certainly",
    key=("outcome", "contrast", "group", "reference", "baseline", "wave"),
    columns={
        "outcome": "instrument.scale",
        "contrast": "difference, change in a single-group study, or stepped",
        "group": "id of the group",
        "reference": "id of the group it is compared with; '' for a change",
        "baseline": "id of the wave before",
        "wave": "id of the wave after",
        "branch": "branch of the decision tree",
        "primary": "estimator that gives the estimate",
        "verdict": "better or worse (no check contradicts, number of comparisons allowed for), "
        "alike (the difference is smaller than the smallest worthwhile one), unclear, or no_claim (the design "
        "allows none)",
        "certainty": "high, moderate, low or very_low",
        "reasons": "why it is not higher, words of comparison.certainty.REASONS, comma between",
        "refused": "what is not given and why, comma between",
        "sites_group": "int, sites of the group with people asked twice; 0 where the study has none",
        "sites_reference": "int, the same for the reference; 0 for a change",
        "n": "int, people asked twice in the arms concerned",
        "smallest_count": "int, the smallest group of people whose size the row would tell",
    },
)

QUALITY = TableSpec(
    name="quality",
    row_is="how one form of one questionnaire was answered: indices and signs, never an answer",
    key=("participant", "wave", "informant", "instrument"),
    columns={
        "participant": "pseudonym",
        "wave": "id of the wave in study.yaml",
        "informant": "who answered",
        "instrument": "id of the questionnaire",
        "n_items": "int, items that patterns are looked for in: equally scaled, asked of everybody; 0 where too few",
        "open_share": "float, share of the items asked that were left open or are invalid",
        "open_at_end": "int, of the items asked, those after the last answer",
        "longest_string": "float, longest run of the same answer",
        "average_string": "float, mean length of runs",
        "spread": "float, SD of the answers (n - 1)",
        "even_odd": "float, -1 consistent to 1 not consistent",
        "synonyms": "float, correlation within item pairs that others answer alike",
        "antonyms": "float, the same of pairs that others answer in opposite ways",
        "distance": "float, squared Mahalanobis distance",
        "distance_p": "float, of a distance at least as large by chance",
        "guttman": "float, Guttman errors as a share of the most possible, mean over the scales",
        "seconds": "float, time taken; missing where the file tells none",
        "time_ratio": "float, seconds divided by the median of the school at the wave",
        "judged": "signs that could be looked for, words of intake.quality.rule.SIGNS, a blank between",
        "signs": "signs that were found, the same words",
    },
)

QUALITY_COUNTS = TableSpec(
    name="quality_counts",
    row_is="how many forms of one group at one wave were answered in one way",
    key=("measure", "wave", "informant", "group", "class"),
    columns={
        "measure": "signs (how many signs of careless answering), open (how much was left open), or sign. and the sign",
        "wave": "id of the wave",
        "informant": "who answered",
        "group": "id of the group",
        "class": "0, 1 or 2+; complete, few or many; met or other",
        "count": "int, forms",
    },
)

LINKS = TableSpec(
    name="links",
    row_is="one form received, whose it is taken to be, and why; never published",
    key=("source_file_sha", "row"),
    columns={
        "pseudonym": "pseudonym of the child; of the form itself as long as nobody knows whose it is",
        "wave": "id of the wave in study.yaml",
        "source_file_sha": "SHA-256 of the raw file",
        "row": "int, row number in that file, the header being row 1",
        "method": "first (no earlier form is known), number (printed number, confirmed by the code), number_only "
        "(there is no code to confirm it), code_1 or code_2 (at most one, or two, elements of the code differ), again "
        "(a second form of one occasion), person (decided in links.yaml) or review (waits for a person)",
        "distance": "float, elements of the code that differ, a missing one counting one half; missing where nothing "
        "was compared",
        "margin": "float, how much farther the next best was; missing where nothing was compared",
        "decided_by": "rule, or who decided in links.yaml",
        "reason": "why it waits for a person, a word of intake.linkage.review.REASONS; of a decision its line; else ''",
    },
)

LINKAGE = TableSpec(
    name="linkage",
    row_is="how many children of one group were found again at one wave, and how many forms wait for a person",
    key=("group", "wave"),
    columns={
        "group": "id of the group",
        "wave": "id of the wave; not the first",
        "n_before": "int, children with a form at an earlier wave",
        "n_found": "int, of these, children with a linked form at this wave",
        "n_forms": "int, children with a form at this wave, found or not known before",
        "n_review": "int, forms of this wave that wait for a person",
    },
)

CHANGES = TableSpec(
    name="changes",
    row_is="one participant's change on one scale, with its class",
    key=("participant", "outcome", "baseline", "wave"),
    columns={
        "participant": "pseudonym",
        "outcome": "instrument.scale",
        "baseline": "id of the wave before",
        "wave": "id of the wave after",
        "group": "id of the group",
        "before": "float, scale points; missing if not scored",
        "after": "float, scale points; missing if not scored",
        "change": "float, after minus before",
        "reliable_change": "improved, unchanged, worse, or unknown if a score is missing",
        "band_before": "label of the band before; '' if none",
        "band_after": "label of the band after; '' if none",
    },
)

CLASS_COUNTS = TableSpec(
    name="class_counts",
    row_is="how many people of one group fall into one class",
    key=("outcome", "group", "measure", "class"),
    columns={
        "outcome": "instrument.scale",
        "group": "id of the group, or 'all'",
        "measure": "reliable_change, band_before or band_after",
        "class": "the class",
        "count": "int, people",
    },
)


CODINGS = TableSpec(
    name="codings",
    row_is="one code put by one coder on one stretch of one source; overlapping ones of a coder and a code are merged",
    key=("source", "start", "end", "coder", "code"),
    columns={
        "source": "name of the document, or of the given unit where a sheet has units without a document",
        "start": "int, first character of the stretch, code points of the text with line feeds, from 0",
        "end": "int, the character after the last; equal to start only where there is no text to point at",
        "coder": "name or pseudonym of the coder, as in the project",
        "code": "id of the code in CODEBOOK",
        "weight": "float, points given with the code (a rubric); missing if none",
    },
)

CODEBOOK = TableSpec(
    name="codebook",
    row_is="one code or group of codes",
    key=("code",),
    columns={
        "code": "id: its name, with the names above it where the name alone is not unique",
        "parent": "id of the code or group above; '' at the top",
        "label": "name, as in the project",
        "codable": "bool, whether it may be put on a stretch (else it only groups)",
        "description": "definition, as in the project; '' if none",
    },
)

CODING_ASSIGNMENTS = TableSpec(
    name="coding_assignments",
    row_is="one source that one coder was to code: no code there means that he or she found none",
    key=("source", "coder"),
    columns={
        "source": "name of the document",
        "coder": "name or pseudonym of the coder",
        "basis": "declared (a list or a mark in the sheet says so) or coded (he or she put a code somewhere in it)",
    },
)

CASES = TableSpec(
    name="cases",
    row_is="one stretch of a source that comes from one person",
    key=("source", "start", "case"),
    columns={
        "source": "name of the document",
        "start": "int, first character; 0 for the whole document",
        "end": "int, the character after the last; -1 for the whole document",
        "case": "person or group, as in the project; '' if not told",
        "wave": "as in the project (before, pre, 前測 ...); '' if not told",
        "role": "child, teacher ... as in the project; '' if not told",
    },
)

CODER_AGREEMENT = TableSpec(
    name="coder_agreement",
    row_is="one coefficient of agreement of coders on one code, in one unit of comparison",
    key=("view", "code", "first", "second", "part", "coefficient"),
    columns={
        "view": "code, parent (codes below it taken together), pair (two coders), part (documents in order), or all",
        "code": "id of the code; '' where all codes are taken together",
        "first": "coder, in a pair; '' else",
        "second": "coder, in a pair; '' else",
        "part": "int, first to last third of the documents, in a part; 0 else",
        "unit": "sentence, turn, paragraph, document, person, character or given",
        "coefficient": "percent, krippendorff, gwet, fleiss, cohen or alpha_masi",
        "estimate": "float, unrounded; missing if it cannot be estimated",
        "se": "float",
        "ci_low": "float",
        "ci_high": "float",
        "ci_level": "float",
        "observed": "float, share of agreeing pairs of coders",
        "expected": "float, the same by chance",
        "n_units": "int, units with at least one coder",
        "n_coded_twice": "int, of these, units with at least two",
        "n_people": "int, people they come from; 0 where that is not known",
        "n_coders": "int",
        "used": "int, values 'yes' among units coded twice",
        "prevalence": "float, their share",
        "positive": "float, of one coder's yes the share that another shares",
        "negative": "float, the same of no",
        "band": "Reliable, Tentative or Not Reliable with a probability of .95; '' if that cannot be said",
        "method": "how the interval was made",
        "status": "estimated, or the reason it was not",
    },
)


RATER_AGREEMENT = TableSpec(
    name="rater_agreement",
    row_is="one number on how far coders agree on the points they gave with one code (a rubric)",
    key=("code", "measure", "coder"),
    columns={
        "code": "id of the code in CODEBOOK",
        "measure": "alpha_ordinal, icc_a_1 (one coder, absolute agreement), icc_a_1_gaps (the same from a mixed model, "
        "gaps allowed), exact or within_one (share of pairs of coders), or mean (of one coder)",
        "coder": "of a mean; '' else",
        "estimate": "float, unrounded; missing if it cannot be estimated",
        "ci_low": "float; missing where there is no interval",
        "ci_high": "float",
        "ci_level": "float",
        "n_units": "int, documents or people with points of two coders or more; of a mean, with points of this coder",
        "n_people": "int, people they come from; 0 where that is not known",
        "method": "how the interval was made",
        "status": "estimated, or the reason it was not",
    },
)

DISAGREEMENTS = TableSpec(
    name="disagreements",
    row_is="one unit on which coders differ about one code",
    key=("source", "start", "end", "code"),
    columns={
        "source": "name of the document; of a person the first one",
        "start": "int, first character of the unit",
        "end": "int, the character after the last",
        "code": "id of the code in CODEBOOK",
        "coders_yes": "coders who put the code there, comma between",
        "coders_no": "coders who were given the document and did not",
        "unit": "sentence, turn, paragraph, document, person, character or given",
    },
)


def check_table(table: pd.DataFrame, spec: TableSpec) -> pd.DataFrame:
    """Return the table if it keeps its promise; else name everything that is broken.

    Raises
    ------
    EvalToolsError
        Missing or undeclared columns, missing or repeated keys. Counts only, never values. This is
        a defect of the sending room, not of the reader's data.
    """
    problems: list[Problem] = []
    where = f"table {spec.name}"
    missing = [c for c in spec.columns if c not in table.columns]
    extra = [str(c) for c in table.columns if c not in spec.columns]
    if missing:
        problems.append(Problem(where, f"columns missing: {', '.join(missing)}.", f"A row is {spec.row_is}."))
    if extra:
        problems.append(Problem(where, f"undeclared columns: {', '.join(extra)}.", "Declare them in tables.py."))
    keys = [c for c in spec.key if c in table.columns]
    if len(keys) == len(spec.key) and len(table):
        n_empty = int(table[keys].isna().any(axis=1).sum())
        n_repeated = int(table.duplicated(keys).sum())
        if n_empty:
            problems.append(Problem(where, f"{n_empty} rows with a missing key.", f"Key: {', '.join(keys)}."))
        if n_repeated:
            problems.append(Problem(where, f"{n_repeated} rows repeat a key.", f"Key: {', '.join(keys)}."))
    if problems:
        raise EvalToolsError(problems)
    return table[list(spec.columns)]
