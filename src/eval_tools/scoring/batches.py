"""A Parquet or CSV file with one row a form -> a Parquet file with its scores, in the memory of one batch."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval_tools.errors import DataError, DefinitionError, Problem, UnknownNames
from eval_tools.instruments.instrument import Instrument
from eval_tools.scoring.csv_codes import CsvLayout, csv_batches, csv_columns
from eval_tools.scoring.wide import WideScores, score_wide

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

BATCH_ROWS = 16_384
_READ_AHEAD = 1 << 18  # bytes a column
_MOST_PROBLEMS = 20
_COUNTED_FORMS = ("below_age", "above_age", "age_unknown", "sex_unknown")  # notes whose counts add up over batches


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchNote:
    """One thing noticed about the answers, over the whole file; as in SCORING_NOTES."""

    rule: str
    scale: str
    count: int
    n: int
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReport:
    """What became of a file."""

    n_forms: int
    n_batches: int
    statuses: Mapping[str, Mapping[str, int]]  # by scale: how many forms have which status
    notes: tuple[BatchNote, ...]


def score_parquet(
    source: Path,
    target: Path,
    instrument: Instrument,
    *,
    columns: Mapping[str, str] | None = None,
    keep: Sequence[str] = (),
    age: str | None = None,
    sex: str | None = None,
    sexes: Mapping[str, str] | None = None,
    allow_absent: bool = False,
    batch_rows: int = BATCH_ROWS,
) -> BatchReport:
    """Score a Parquet file that need not fit into memory.

    Parameters
    ----------
    source, target : Path
        One row a form, one column an item; and where the scores go, row by row in the same order. Nothing is
        written unless the whole file could be scored.
    instrument : Instrument
    columns, age, sex, sexes, allow_absent
        As in :func:`~eval_tools.scoring.wide.score_wide`.
    keep : sequence of str
        Columns of the source that are copied to the target, first, such as the pseudonym.
    batch_rows : int
        Forms scored at once; memory is that of one batch and of one page of each column (1 MiB as a rule).

    Returns
    -------
    BatchReport
        The target has the columns of ``score_wide`` and ``<gate>.gate`` for each validity gate.

    Raises
    ------
    DataError
        If the source is no Parquet file, or with everything that is wrong in it: each problem names the rows of its
        batch, and rows in its text are counted from there. After 20 problems they are only counted.
    DefinitionError
        If a kept column is not there or is called like a score, or ``batch_rows`` is below one.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from eval_tools.instruments.load import load_instrument
    >>> ces_d = load_instrument(Path("questionnaires/ces-d/ces-d.yaml"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     source, target = Path(folder) / "answers.parquet", Path(folder) / "scores.parquet"
    ...     pd.DataFrame([dict.fromkeys(ces_d.items, 1)] * 5).to_parquet(source)
    ...     report = score_parquet(source, target, ces_d, batch_rows=2)
    ...     report.n_batches, report.statuses["total"], pd.read_parquet(target)["total"].to_list()
    (3, {'scored': 5}, [24.0, 24.0, 24.0, 24.0, 24.0])
    """
    if batch_rows < 1:
        raise DefinitionError(Problem("score_parquet", f"batch_rows is {batch_rows}.", "Give at least 1."))
    options: dict[str, Any] = {"columns": columns, "age": age, "sex": sex, "sexes": sexes, "allow_absent": allow_absent}
    named = _named(instrument, columns, age, sex)
    return _score_batches(_batches(source, named, keep, batch_rows), source, target, instrument, named, keep, options)


def score_csv(
    source: Path,
    target: Path,
    instrument: Instrument,
    *,
    layout: CsvLayout | None = None,
    columns: Mapping[str, str] | None = None,
    keep: Sequence[str] = (),
    age: str | None = None,
    sex: str | None = None,
    sexes: Mapping[str, str] | None = None,
    allow_absent: bool = False,
) -> BatchReport:
    """Score a CSV file that need not fit into memory; otherwise as :func:`score_parquet`.

    Parameters
    ----------
    source, target, instrument, columns, keep, age, sex, sexes, allow_absent
        As in :func:`score_parquet`; kept columns stay text.
    layout : CsvLayout, optional
        Separator and encoding.

    Raises
    ------
    DataError, UnknownNames, DefinitionError
        As in :func:`score_parquet`; and rows that are not as long as the header.
    """
    layout = layout or CsvLayout()
    options: dict[str, Any] = {"columns": columns, "age": age, "sex": sex, "sexes": sexes, "allow_absent": allow_absent}
    named = _named(instrument, columns, age, sex)
    have = csv_columns(source, layout)
    _check_kept(keep, have, source)
    repeated = [name for name in dict.fromkeys([*keep, *named]) if have.count(name) > 1]
    if repeated:
        what = f"columns that stand there twice: {', '.join(map(repr, repeated))}."
        raise DataError(Problem(source.name, what, "Keep one of each."))
    texts = [name for name in dict.fromkeys([*keep, age, sex]) if name is not None and name in have]
    codes = [name for name in dict.fromkeys(named) if name in have and name not in texts]
    frames = (batch.to_pandas() for batch in csv_batches(source, layout, codes=codes, texts=texts))
    return _score_batches(frames, source, target, instrument, named, keep, options)


def _named(instrument: Instrument, columns: Mapping[str, str] | None, age: str | None, sex: str | None) -> list[str]:
    names = [*((columns or {}).get(item, item) for item in instrument.items), age, sex]
    return [name for name in names if name is not None]


def _check_kept(keep: Sequence[str], have: Sequence[str], source: Path) -> None:
    missing = [name for name in keep if name not in have]
    if missing:
        raise UnknownNames("columns to keep", missing=missing, known=have, where=source.name)


def _score_batches(
    frames: Iterable[pd.DataFrame],
    source: Path,
    target: Path,
    instrument: Instrument,
    named: Sequence[str],
    keep: Sequence[str],
    options: Mapping[str, Any],
) -> BatchReport:
    tally = _Tally()
    with _Parts(target) as parts:
        for frame in frames:
            first = tally.n_forms + 1
            tally.n_forms += len(frame)
            try:
                scored = score_wide(frame.drop(columns=[k for k in keep if k not in named]), instrument, **options)
            except DataError as error:
                tally.refuse(error, f"{source.name}, rows {first} to {tally.n_forms}")
                continue
            tally.count(scored, instrument)
            if not tally.problems:
                parts.write(_table_of(frame[list(keep)], scored, where=source.name))
        if tally.problems:
            raise DataError(tally.listed(source.name))
        parts.finish()
    return tally.report()


def column_names(source: Path) -> tuple[str, ...]:
    """Return the names of the columns of a Parquet file, without reading any of them.

    Raises
    ------
    DataError
        If this is no Parquet file.
    """
    with _opened(source) as file:
        return tuple(file.schema_arrow.names)


def _opened(source: Path) -> pq.ParquetFile:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # without buffering ahead a row group is read page by page, not as a whole
        return pq.ParquetFile(source, pre_buffer=False, buffer_size=_READ_AHEAD)
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(Problem(source.name, "this is no readable Parquet file.", "Check path and format.")) from error


def _batches(source: Path, named: Sequence[str], keep: Sequence[str], rows: int) -> Iterator[pd.DataFrame]:
    """Read the columns that are asked for, batch by batch; at least one batch, so that an empty file has columns."""
    with _opened(source) as file:
        have = file.schema_arrow.names
        _check_kept(keep, have, source)
        wanted = [name for name in dict.fromkeys([*keep, *named]) if name in have]
        empty = True
        for batch in file.iter_batches(batch_size=rows, columns=wanted, use_threads=False):
            empty = False
            yield batch.to_pandas()
        if empty:
            yield file.schema_arrow.empty_table().select(wanted).to_pandas()


def _table_of(kept: pd.DataFrame, scored: WideScores, *, where: str) -> pa.Table:
    import pandas as pd
    import pyarrow as pa

    validity = scored.validity.add_suffix(".gate")
    both = [name for name in kept.columns if name in scored.scores or name in validity]
    if both:
        what = f"columns to keep that are called like a score: {', '.join(map(repr, both))}."
        raise DefinitionError(Problem(where, what, "Rename them in the source."))
    found = pd.concat([scored.scores, validity], axis=1)
    kinds = {"f": pa.float64(), "i": pa.int64()}
    schema = pa.schema([(str(name), kinds.get(dtype.kind, pa.string())) for name, dtype in found.dtypes.items()])
    table = pa.Table.from_pandas(found, schema=schema, preserve_index=False)
    for place, name in enumerate(kept.columns):
        table = table.add_column(place, name, pa.array(kept[name], from_pandas=True))
    return table.replace_schema_metadata(None)


class _Parts:
    """A Parquet file written in parts beside its place and moved there when it is whole."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._writer: Any = None

    def __enter__(self) -> _Parts:
        self._target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._target.parent, prefix=f"{self._target.stem}-", suffix=".part")
        os.close(handle)
        self._part = Path(name)
        return self

    def write(self, table: pa.Table) -> None:
        import pyarrow.parquet as pq

        if self._writer is None:
            self._writer = pq.ParquetWriter(self._part, table.schema)
        self._writer.write_table(table.cast(self._writer.schema))

    def finish(self) -> None:
        self._writer.close()
        self._writer = None
        self._part.replace(self._target)

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()
        self._part.unlink(missing_ok=True)


class _Tally:
    """What is counted and noticed on the way."""

    def __init__(self) -> None:
        self.n_forms = self.n_batches = 0
        self.problems: list[Problem] = []
        self._more = 0
        self._statuses: dict[str, Counter[str]] = {}
        self._notes: dict[tuple[str, str], BatchNote] = {}

    def refuse(self, error: DataError, where: str) -> None:
        room = _MOST_PROBLEMS - len(self.problems)
        self.problems += [Problem(f"{where}, {p.where}", p.what, p.remedy) for p in error.problems[:room]]
        self._more += max(0, len(error.problems) - room)

    def listed(self, where: str) -> list[Problem]:
        more = [Problem(where, f"{self._more} more problems in later rows.", "Correct these first.")]
        return self.problems + (more if self._more else [])

    def count(self, scored: WideScores, instrument: Instrument) -> None:
        self.n_batches += 1
        for scale in instrument.scales:
            status = scored.scores[f"{scale}.status"].value_counts()
            self._statuses.setdefault(scale, Counter()).update({str(k): int(n) for k, n in status.items()})
        for note in scored.notes.to_dict("records"):
            key, count, n = (note["rule"], note["scale"]), int(note["count"]), int(note["n"])
            before = self._notes.get(key)
            if before is not None:
                n += before.n
                count = count + before.count if note["rule"] in _COUNTED_FORMS else max(count, before.count)
            self._notes[key] = BatchNote(rule=key[0], scale=key[1], count=count, n=n, detail=note["detail"])

    def report(self) -> BatchReport:
        notes = [
            BatchNote(rule=n.rule, scale=n.scale, count=n.count, n=self.n_forms, detail=n.detail)
            if n.rule in _COUNTED_FORMS
            else n
            for n in self._notes.values()
        ]
        return BatchReport(
            n_forms=self.n_forms,
            n_batches=self.n_batches,
            statuses={scale: dict(counts) for scale, counts in self._statuses.items()},
            notes=tuple(notes),
        )
