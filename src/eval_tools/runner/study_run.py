"""One study, one term, one language: every stage by name, from the cache or computed.

Notebooks, papermill and the command line all come through here, so they see the same numbers.
"""

from __future__ import annotations

import datetime
import os
import re
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import eval_tools
from eval_tools.comparison.attrition import count_flow
from eval_tools.comparison.describe import describe_scores
from eval_tools.comparison.individual import classify_changes, count_classes
from eval_tools.comparison.results import estimate_results
from eval_tools.comparison.stepped_verdict import judge_stepped
from eval_tools.comparison.transfers import count_transfers
from eval_tools.comparison.verdicts import judge_contrasts
from eval_tools.comparison.without_flagged import compare_without_flagged
from eval_tools.errors import DefinitionError, Problem, UnknownNames
from eval_tools.intake.collection import Collection, watch_collection
from eval_tools.intake.correction import Correction
from eval_tools.intake.corrections import load_corrections
from eval_tools.intake.findings import refuse_errors
from eval_tools.intake.quality.counts import count_quality
from eval_tools.intake.quality.indices import measure_forms
from eval_tools.intake.receive import Received, check_wave_has_forms, receive_study
from eval_tools.intake.transfers import FILE as TRANSFERS_FILE
from eval_tools.intake.transfers import load_transfers
from eval_tools.privacy.check_digits import has_right_check_digits
from eval_tools.privacy.disclosure import ReleasedTable, release_not_read
from eval_tools.privacy.key_file import HOW_TO_MAKE_A_KEY, read_key
from eval_tools.privacy.pseudonyms import key_fingerprint, pseudonym, published_key
from eval_tools.privacy.withdrawn import read_withdrawn
from eval_tools.runner.cache import StageCache
from eval_tools.runner.duty_holder import refuse_without_lead
from eval_tools.runner.fingerprint import code_digest, combine, input_hashes
from eval_tools.runner.release import LISTED, Released, release_term
from eval_tools.runner.retention import refuse_after_retention
from eval_tools.scoring.form_checks import count_form_checks, leave_out_excluded
from eval_tools.scoring.norms import place_in_norms
from eval_tools.scoring.notes import note_answers
from eval_tools.scoring.reliability import estimate_reliabilities
from eval_tools.scoring.score import band_scores, check_validity, score_responses
from eval_tools.studies.load import StudyDefinition, load_study
from eval_tools.studies.lock import Deviation, Lock, find_deviations, plan_content, read_lock
from eval_tools.studies.study import Study
from eval_tools.studies.workbench import Workbench, find_workbench

if TYPE_CHECKING:
    import pandas as pd

    from eval_tools.reporting.blocks import Report
    from eval_tools.reporting.material import Material
    from eval_tools.runner.display import Shown

ABOUT_PEOPLE = (
    "withdrawn",
    "consent_refused",
    "consent_blank",
    "consent_missing",
    "consent_ended",
    "consent_lacking",
)  # findings that count people; the report tells them rounded, or not at all
KEY_FILE = "EVAL_TOOLS_KEY_FILE"
IDENTITY_FILE = "EVAL_TOOLS_IDENTITY_FILE"
TOLD_BY_TRANSFERS = ("transferred", "site_not_of_roster")
SHORTEST_ID = 4  # a shorter word in a note is more likely a number of forms
BLOCKS_EACH = (
    "branch-1",
    "compare-intro",
    "compare-none",
    "course",
    "means",
    "change-picture",
    "change-table",
    "forest",
    "compare-table",
    "checks",
    "baseline",
    "subgroups",
    "subgroups-table",
    "classes",
    "bands",
    "caseness",
    "love",
    "sites-text",
    "sites",
    "sites-table",
)


def open_study(
    study: str, *, term: str = "", language: str = "", start: Path | None = None, today: datetime.date | None = None
) -> StudyRun:
    """Open a study of the workbench for one term and one language.

    Parameters
    ----------
    study : str
        Name of a folder under data_raw/.
    term : str
        Id of a wave; empty for the plan's decision term or, as long as that has no forms, the latest
        wave that has.
    language : str
        ``en``, ``zh-Hant`` or ``zh-Hans``; empty for the first one the study publishes in.
    start : Path, optional
        Where to look for the workbench; default: the working directory and above.
    today : date, optional
        Default: today in UTC. After the study's ``retention_until`` it is not opened any more.

    Raises
    ------
    DefinitionError
        With every problem of the definitions, or the names there are instead of an unknown one.
    DataError
        If the raw data should have been deleted by now.
    """
    workbench = find_workbench(start)
    definition = load_study(study, workbench=workbench)
    today = today or datetime.datetime.now(tz=datetime.UTC).date()
    refuse_after_retention(definition.study, workbench, today=today)
    return StudyRun(workbench, definition, term=term, language=language)


class StudyRun:
    """A study opened for one term and language; every table is computed when first asked for, then kept."""

    def __init__(
        self, workbench: Workbench, definition: StudyDefinition, *, term: str = "", language: str = ""
    ) -> None:
        self.workbench = workbench
        self.definition = definition
        self.study: Study = definition.study
        self.instruments = definition.instruments
        self.language = self.study.check_language(language or self.study.languages[0])
        self._term = self.study.wave(term).id if term else ""

    # --- identity ------------------------------------------------------------------------------------------

    @cached_property
    def inputs(self) -> dict[str, str]:
        """SHA-256 of every raw file and definition."""
        return input_hashes(self.definition, self.workbench)

    def names_participant(self, text: str) -> bool:
        """Say whether a text holds the id of somebody in the study, as a word of four characters or more."""
        words = [word for word in re.findall(r"[^\W_](?:[\w.-]*[^\W_])?", text) if len(word) >= SHORTEST_ID]
        known = set(self.received.participants["participant"])
        return any(pseudonym(word, key=self.key, study=self.study.id) in known for word in words)

    @property
    def fingerprint(self) -> str:
        """One hash of all inputs."""
        return combine(*self.inputs.items())

    @cached_property
    def key(self) -> bytes:
        """The secret of the pseudonyms; never shown."""
        if self.study.identifiers == "published_arbitrary":
            return published_key(self.study.id)
        given = os.environ.get(KEY_FILE)
        if not given:
            what = "the study holds direct identifiers, but no key for pseudonyms was named."
            remedy = f"Set {KEY_FILE} to a key file outside the workbench. {HOW_TO_MAKE_A_KEY}"
            raise DefinitionError(Problem(KEY_FILE, what, remedy))
        own = os.environ.get(IDENTITY_FILE)
        key = read_key(Path(given), workbench=self.workbench.root, identity=Path(own) if own else None)
        if self.study.key_fingerprint not in ("", key_fingerprint(key)):
            what = "the key is not the one this study began with; nobody could be linked to an earlier term."
            remedy = f"Set {KEY_FILE} to the key with the fingerprint {self.study.key_fingerprint} of study.yaml."
            raise DefinitionError(Problem(KEY_FILE, what, remedy))
        return key

    @property
    def fingerprint_of_key(self) -> str:
        """Which key it is, for study.yaml."""
        return key_fingerprint(self.key)

    @property
    def corrections(self) -> tuple[Correction, ...]:
        """What corrections.yaml declares."""
        return load_corrections(self.study.folder / "corrections.yaml", root=self.workbench.root)

    @cached_property
    def _cache(self) -> StageCache:
        key = combine(eval_tools.__version__, code_digest(), self.fingerprint_of_key, *self.inputs.items())
        return StageCache(self.workbench.scratch, key)

    # --- stages --------------------------------------------------------------------------------------------

    @cached_property
    def received(self) -> Received:
        """The raw files as received, errors included; see ``issues``."""
        transfers = load_transfers(self.study.folder / TRANSFERS_FILE, root=self.workbench.root)
        return receive_study(
            self.study, self.instruments, corrections=self.corrections, key=self.key, transfers=transfers
        )

    def collection(self, wave: str) -> Collection:
        """Say how far the collection of a wave is; incomplete and wrong files are counted, not refused."""
        return watch_collection(
            self.study,
            self.instruments,
            wave=wave,
            corrections=self.corrections,
            key=self.key,
            is_right_code=has_right_check_digits,
        )

    @cached_property
    def issues(self) -> pd.DataFrame:
        """ISSUES without errors; a study with errors, or without a duty holder it needs, is refused here."""
        refuse_without_lead(self.study, self.instruments)
        return self._cache.table("issues", lambda: refuse_errors(self.received.issues))

    @cached_property
    def participants(self) -> pd.DataFrame:
        """PARTICIPANTS."""
        _ = self.issues
        return self._cache.table("participants", lambda: self.received.participants)

    @cached_property
    def transfers(self) -> pd.DataFrame:
        """TRANSFERS."""
        _ = self.issues
        return self._cache.table("transfers", lambda: self.received.transfers)

    @cached_property
    def subgroups(self) -> pd.DataFrame:
        """SUBGROUPS."""
        _ = self.issues
        return self._cache.table("subgroups", lambda: self.received.subgroups)

    @cached_property
    def people(self) -> pd.DataFrame:
        """PEOPLE: age and sex; asked by bands, norms and conversions, never published."""
        _ = self.issues
        return self._cache.table("people", lambda: self.received.people)

    @cached_property
    def forms(self) -> pd.DataFrame:
        """FORMS."""
        _ = self.issues
        return self._cache.table("forms", lambda: self.received.forms)

    @cached_property
    def responses(self) -> pd.DataFrame:
        """RESPONSES."""
        _ = self.issues
        return self._cache.table("responses", lambda: self.received.responses)

    @cached_property
    def raw_files(self) -> pd.DataFrame:
        """Name, hash and size of every raw file."""
        import pandas as pd

        return self._cache.table("raw_files", lambda: pd.DataFrame(map(asdict, self.received.raw_files)))

    @cached_property
    def scores(self) -> pd.DataFrame:
        """SCORES, without those that a validity gate keeps out of the main analysis."""
        return self._cache.table(
            "scores",
            lambda: leave_out_excluded(
                score_responses(self.responses, self.instruments, people=self.people), self.validity
            ),
        )

    @cached_property
    def bands(self) -> pd.DataFrame:
        """BANDS: every score in every band scheme that may be shown, or the reason why not."""
        return self._cache.table("bands", lambda: band_scores(self.scores, self.instruments, people=self.people))

    @cached_property
    def norm_positions(self) -> pd.DataFrame:
        """NORM_POSITIONS."""
        return self._cache.table(
            "norm_positions", lambda: place_in_norms(self.scores, self.instruments, people=self.people)
        )

    @cached_property
    def validity(self) -> pd.DataFrame:
        """VALIDITY: which forms met a validity gate."""
        return self._cache.table("validity", lambda: check_validity(self.responses, self.instruments))

    @cached_property
    def scoring_notes(self) -> pd.DataFrame:
        """SCORING_NOTES: what speaks against taking scores at face value."""
        return self._cache.table(
            "scoring_notes", lambda: note_answers(self.responses, self.instruments, people=self.people)
        )

    @cached_property
    def form_checks(self) -> pd.DataFrame:
        """FORM_CHECKS."""
        return count_form_checks(
            self.scores,
            self.validity,
            self.instruments,
            people=self.people,
            scales=[(outcome.instrument, outcome.scale) for outcome in self.study.plan.outcomes],
        )

    @cached_property
    def quality(self) -> pd.DataFrame:
        """QUALITY: how every form was answered; one row per form, never published."""
        return self._cache.table(
            "quality", lambda: measure_forms(self.responses, self.instruments, participants=self.participants)
        )

    @cached_property
    def safeguarding(self) -> pd.DataFrame:
        """How many forms were listed for the duty holder, answered, and answered within a day; empty without one."""
        import pandas as pd

        from eval_tools.runner.safeguarding import count_answered

        asks = any(True for instrument in self.instruments.values() for _ in instrument.critical_items())
        rows = [("all", "all", *count_answered(self))] if asks and self.study.safeguarding_lead else []
        return pd.DataFrame(rows, columns=["group", "wave", *LISTED])

    @cached_property
    def reliabilities(self) -> pd.DataFrame:
        """RELIABILITIES."""
        return self._cache.table("reliabilities", lambda: estimate_reliabilities(self.responses, self.instruments))

    @cached_property
    def term(self) -> str:
        """Id of the wave the report is about; it has at least one form."""
        received = set(self.forms["wave"])
        planned = self.study.plan.decision_term
        if self._term:
            check_wave_has_forms(self.forms, self.study, self._term)
            return self._term
        with_forms = [term for term in self.study.terms if term in received]
        if planned in received or not with_forms:
            check_wave_has_forms(self.forms, self.study, planned)
            return planned
        return with_forms[-1]

    @cached_property
    def results(self) -> pd.DataFrame:
        """RESULTS of the term, not yet released."""
        return self._cache.table(
            f"results-{self.term}",
            self._estimate,
        )

    def _estimate(self) -> pd.DataFrame:
        import pandas as pd

        results = estimate_results(
            self.scores,
            self.participants,
            self.reliabilities,
            self.study,
            self.instruments,
            wave=self.term,
            subgroups=self.subgroups,
        )
        without = compare_without_flagged(
            self.scores, self.participants, self.validity, self.study, self.instruments, wave=self.term
        )
        return pd.concat([results, without], ignore_index=True) if len(without) else results

    @cached_property
    def changes(self) -> pd.DataFrame:
        """CHANGES of the term: one row per person, never published."""
        return self._cache.table(
            f"changes-{self.term}",
            lambda: classify_changes(self.scores, self.participants, self.reliabilities, self.study, wave=self.term),
        )

    @cached_property
    def lock(self) -> Lock | None:
        """The locked plan, if the study has one."""
        return read_lock(self.study.folder)

    @property
    def plan_content(self) -> dict[str, str]:
        """What the plan commits to now."""
        hashes = {name: self.inputs[instrument.file] for name, instrument in self.instruments.items()}
        return plan_content(self.study, hashes)

    @property
    def deviations(self) -> tuple[Deviation, ...]:
        """Where the study departs from its locked plan."""
        return () if self.lock is None else find_deviations(self.lock, self.plan_content)

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """VERDICTS of the term."""
        locked = self.lock is not None and not self.deviations and self.study.plan.written == "before_data"
        judge = judge_stepped if self.study.assignment.stepped else judge_contrasts
        return self._cache.table(
            f"verdicts-{self.term}",
            lambda: judge(
                self.results,
                self.scores,
                self.participants,
                self.reliabilities,
                self.study,
                wave=self.term,
                plan_locked=locked,
            ),
        )

    @cached_property
    def flow(self) -> pd.DataFrame:
        """FLOW."""
        return count_flow(self.forms, self.participants, self.study)

    @cached_property
    def descriptives(self) -> pd.DataFrame:
        """DESCRIPTIVES."""
        return self._cache.table("descriptives", lambda: describe_scores(self.scores, self.participants, self.study))

    @cached_property
    def released(self) -> Released:
        """Everything about the term that may be published."""
        return release_term(
            self.definition,
            flow=self.flow,
            descriptives=self.descriptives,
            reliabilities=self.reliabilities,
            results=self.results,
            class_counts=count_classes(self.changes, self.study),
            changes=self.changes,
            verdicts=self.verdicts,
            form_checks=self.form_checks,
            quality_counts=count_quality(self.quality, self.participants),
            transfers=count_transfers(self.transfers, self.participants, self.study, wave=self.term),
            safeguarding=self.safeguarding,
        )

    # --- report --------------------------------------------------------------------------------------------

    @cached_property
    def material(self) -> Material:
        """What the report is made of."""
        from eval_tools.reporting.material import Finding, Material

        counted: dict[tuple[str, str], list[int]] = {}
        counted_elsewhere = self.issues["rule"].isin((*ABOUT_PEOPLE, *TOLD_BY_TRANSFERS))  # as released counts
        for issue in self.issues[~counted_elsewhere].itertuples(index=False):
            counted.setdefault((str(issue.severity), str(issue.rule)), []).append(int(issue.count))  # type: ignore[call-overload]
        findings = tuple(
            Finding(rule=rule, severity=severity, count=max(sum(counts), len(counts)))
            for (severity, rule), counts in sorted(counted.items())
        )
        notes = self.scoring_notes[self.scoring_notes["rule"] == "already_reversed"]
        if len(notes):
            findings += (Finding(rule="already_reversed", severity="warning", count=int(notes["count"].sum())),)
        released = self.released
        return Material(
            study=self.study,
            instruments=self.instruments,
            term=self.term,
            flow=released.flow,
            descriptives=released.descriptives,
            reliabilities=released.reliabilities,
            results=released.results,
            class_counts=released.class_counts,
            shares=released.shares,
            sites=released.sites,
            distributions=released.distributions,
            people=released.people,
            verdicts=released.verdicts,
            findings=findings,
            not_read=self._not_read,
            form_checks=released.form_checks,
            quality=released.quality,
            linkage=released.linkage,
            transfers=released.transfers,
            safeguarding=released.safeguarding,
            already_reversed=tuple(dict.fromkeys(notes["instrument"])),
            ages_known=bool(self.people["age"].notna().any()),
            lock=self.lock,
            deviations=self.deviations,
            version=eval_tools.__version__,
            fingerprint=self.fingerprint,
        )

    @property
    def _not_read(self) -> ReleasedTable:
        """How many withdrew, and how many forms lack consent, as far as that may be told."""
        lacking = self.issues[self.issues["rule"] == "consent_lacking"]
        counts = {"withdrawn": len(read_withdrawn(self.study.folder)), "consent": int(lacking["count"].sum())}
        return release_not_read(counts, rule=self.study.disclosure)

    @cached_property
    def report(self) -> Report:
        """The whole report in the run's language."""
        from eval_tools.reporting.write import write_report

        return write_report(self.material, self.language)

    # --- notebooks -----------------------------------------------------------------------------------------

    def show(self, *blocks: str) -> Shown:
        """Show blocks of the report in a notebook, by id."""
        from eval_tools.runner.display import Shown

        return Shown(tuple(self.report.block(block) for block in blocks), self.language)

    def show_each(self, *kinds: str) -> Shown:
        """Show the blocks of some kinds, once or for every outcome that has them, e.g. ``change-table``."""
        known = [block.id for block in self.report.blocks()]
        slugs = [outcome.id.replace(".", "-") for outcome in self.study.plan.outcomes]
        unknown = [kind for kind in kinds if kind not in BLOCKS_EACH]
        if unknown:
            raise UnknownNames("block", missing=unknown, known=BLOCKS_EACH, where="show_each")
        wanted = [*kinds, *(f"{kind}-{slug}" for slug in slugs for kind in kinds)]
        return self.show(*(name for each in wanted for name in known if name.split("--")[0] == each))

    def show_chapter(self, chapter: str) -> Shown:
        """Show a whole chapter of the report."""
        return self.show(*(block.id for block in self.report.chapter(chapter).blocks))

    def number(self, outcome: str, contrast: str, estimator: str, group: str) -> float:
        """Return one released estimate, unrounded.

        Examples
        --------
        ``run.number("ces-d.total", "change", "paired_t", "all")``
        """
        table = self.released.results.data
        mine = table[
            (table["outcome"] == outcome)
            & (table["contrast"] == contrast)
            & (table["estimator"] == estimator)
            & (table["group"] == group)
        ]
        if len(mine) != 1:
            wanted = " ".join((outcome, contrast, estimator, group))
            known = sorted({" ".join(row) for row in table[["outcome", "contrast", "estimator", "group"]].to_numpy()})
            raise UnknownNames("result", missing=[wanted], known=known, where="number")
        return float(mine["estimate"].iloc[0])

    def record(self, contrast: str, estimator: str) -> None:
        """Print the released estimates of one estimator for the tests, rounded to four decimals."""
        table = self.released.results.data
        mine = table[(table["contrast"] == contrast) & (table["estimator"] == estimator)]
        for row in mine.itertuples(index=False):
            print(f"{row.outcome} {contrast} {estimator} {row.group}: {row.estimate:.4f}")

    def record_primary(self, contrast: str) -> None:
        """Print the released estimates of the estimator that the design got, rounded to four decimals."""
        table = self.released.results.data
        mine = table[(table["contrast"] == contrast) & (table["role"] == "primary")]
        for row in mine.itertuples(index=False):
            print(f"{row.outcome} {contrast} {row.estimator} {row.group}: {row.estimate:.4f}")

    def record_sites(self) -> None:
        """Print what is released over all sites, for the tests, rounded to four decimals."""
        if self.released.sites is None:
            print("no site is named")
            return
        table = self.released.sites.data
        for row in table[table["site"] == "all"].itertuples(index=False):
            print(f"{row.outcome} {row.contrast} {row.estimator} {row.group}: {row.estimate:.4f}")

    def record_quality(self) -> None:
        """Print how many forms of the term show no sign of careless answering, one, or several, for the tests."""
        if self.released.quality is None:
            print("no form was looked at")
            return
        table = self.released.quality.data
        mine = table[(table["measure"] == "signs") & (table["wave"] == self.term)]
        for row in mine.to_dict("records"):
            print(f"signs {row['informant']} {row['group']} {row['class']}: {row['count']:.0f}")

    def record_reliability(self) -> None:
        """Print the released reliabilities for the tests, rounded to four decimals."""
        for row in self.released.reliabilities.data.itertuples(index=False):
            print(f"{row.instrument}.{row.scale} {row.wave} {row.coefficient}: {row.estimate:.4f}")
