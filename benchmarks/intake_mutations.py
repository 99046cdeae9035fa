"""Damaged files of every kind: whatever the bytes, a file is read or refused in words, in bounded memory and time.

    python benchmarks/intake_mutations.py [N] [KIND ...]

Makes N (10,000) damaged copies of small seeds of each kind, always the same ones, opens them as intake does, and
hands what comes out to every reader of a platform. It fails at the first file that raises, that is refused without a
finding, that takes longer than SECONDS of CPU time, or after which the process has grown beyond MEGABYTES. Files that
intake reads in a child are read in a fork here, with the same limits, as 10,000 interpreters would take hours.
"""

from __future__ import annotations

import faulthandler
import json
import os
import random
import resource
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import received_files as made  # noqa: E402
from eval_tools.intake.exports.reader import Export  # noqa: E402
from eval_tools.intake.exports.recognise import READERS  # noqa: E402
from eval_tools.intake.files import limited, old_spreadsheet, spss_file  # noqa: E402
from eval_tools.intake.files.json_file import read_json  # noqa: E402
from eval_tools.intake.files.sheet import ReceivedFile, Sheet  # noqa: E402
from eval_tools.intake.files.sheets import read_sheets  # noqa: E402
from eval_tools.intake.files.spss_file import read_sav  # noqa: E402
from eval_tools.intake.files.xml_file import read_xml  # noqa: E402
from eval_tools.intake.findings import Findings  # noqa: E402

N = 10_000
SEED = 20261124
SECONDS = 20.0  # one takes milliseconds; a busy machine takes longer, a hang would still fail
MEGABYTES = 1_500  # more than the process had before
SAMPLES = ROOT / "tests" / "intake" / "data"
HEADER = "序号,提交答卷时间,所用时间,来源,来源详情,来自IP,1、性别,2、我觉得孤单\n"
ROWS = '1,2026/9/14 8:03:36,576秒,微信,N/A,192.0.2.1,女,从不\n2,2026/9/14 8:06:26,526秒,微信,"a ""b"", c",x,男,经常\n'
SPICE = (
    *(b"\x00", b'"', b"\r", b"\n", b",", b";", b"\t", b"'", b"=1+1", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\x1a"),
    *(b"9" * 40, b"-1", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x00\x00\x00\x80", b"\xe2\x80\xae", b"1e999"),
    *(b"<", b">", b"&", b"&a;", b"<!DOCTYPE a>", b"<![CDATA[", b"]]>", b"{", b"}", b"[" * 50, b"null", b"NaN", b"XFD"),
    *("┋".encode(), "〖".encode(), "(跳过)".encode(), "（空）".encode(), b"PK\x03\x04", b"$FL2", b"_x0000_"),
)
Check = Callable[[ReceivedFile, Findings], Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file: how its seeds are made, and what intake does with it; None means refused."""

    ending: str
    seeds: Callable[[], list[bytes]]
    read: Check


def with_readers(received: ReceivedFile, findings: Findings) -> Any:
    """Open a file as sheets and let every reader look at it, whoever it was made for."""
    sheets = read_sheets(received, findings=findings)
    if sheets is not None:
        ask_readers(received, sheets)
    return sheets


def ask_readers(received: ReceivedFile, sheets: tuple[Sheet, ...]) -> None:
    export = Export(received=received, sheets=sheets)
    for reader in READERS.values():
        evidence = reader.recognise(export)
        assert isinstance(evidence, str)
        if evidence:
            told = Findings()
            table = reader.read(export, told)
            assert table is not None or not told.table().empty, f"{reader.name} refuses without a finding"


def sav(received: ReceivedFile, findings: Findings) -> Any:
    found = read_sav(received, findings=findings)
    if found is not None:
        ask_readers(received, ())
    return found


def structured(read: Callable[..., Any]) -> Check:
    def both(received: ReceivedFile, findings: Findings) -> Any:
        found = read(received, findings=findings)
        if found is not None:
            ask_readers(received, ())
        return found

    return both


def samples(*patterns: str, most: int = 60_000) -> list[bytes]:
    """Small real exports that lie with the tests."""
    found = [path for pattern in patterns for path in sorted(SAMPLES.glob(pattern))]
    return [path.read_bytes() for path in found if path.stat().st_size <= most]


def csv_seeds() -> list[bytes]:
    text = HEADER + ROWS * 3
    own = [text.encode(code) for code in ("utf-8", "utf-8-sig", "gb18030", "utf-16")]
    return [*own, text.replace(",", ";").encode(), *samples("*/*.csv", "*/*/*.csv")]


def xlsx_seeds() -> list[bytes]:
    cells = "".join(
        f'<row r="{i}"><c r="A{i}" t="s"><v>{i % 3}</v></c>{made.one_cell(f"B{i}", f"<f>1+{i}</f><v>{i}.5</v>")}</row>'
        for i in range(1, 9)
    )
    merged = '<mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells>'
    texts = "".join(f"<si><t>{text}</t></si>" for text in ("序号", "女", "=1+1"))
    own = made.xlsx(made.worksheet(cells, merged), made.worksheet(""), texts=texts)
    return [own, *samples("*/*.xlsx")]


def xls_seeds() -> list[bytes]:
    cells = [made.xls_text(1, 1, "序号"), made.xls_text(1, 2, "q1"), made.xls_number(2, 1, 7.0)]
    return [made.xls(*cells, made.xls_formula(2, 2, 2.0)), made.xls(made.xls_text(3, 3, "x"), name="数据", hidden=True)]


def ods_seeds() -> list[bytes]:
    twice = ' table:number-columns-repeated="2"'
    row = f"<table:table-row>{made.ods_text('序号')}{made.ods_text('b', twice)}</table:table-row>"
    return [
        made.ods(row * 3),
        made.ods(row.replace("<table:table-row>", '<table:table-row table:visibility="collapse">')),
    ]


def sav_seeds() -> list[bytes]:
    return samples("*/*.sav")


def json_seeds() -> list[bytes]:
    own = {"count": "2", "results": [{"_id": 1, "a/b": "x", "r": [{"r/c": "1"}]}, {"_id": 2, "a/b": None}]}
    return [json.dumps(own, ensure_ascii=False).encode(), *samples("*/*.json")]


def xml_seeds() -> list[bytes]:
    own = '<?xml version="1.0" encoding="UTF-8"?><document><rows><row><qid><![CDATA[1]]></qid></row></rows></document>'
    return [own.encode(), *samples("*/*.lss", "*/*.xml", most=100_000)]


KINDS: Mapping[str, Kind] = {
    "csv": Kind("csv", csv_seeds, with_readers),
    "xlsx": Kind("xlsx", xlsx_seeds, with_readers),
    "xls": Kind("xls", xls_seeds, with_readers),
    "ods": Kind("ods", ods_seeds, with_readers),
    "sav": Kind("sav", sav_seeds, sav),
    "json": Kind("json", json_seeds, structured(read_json)),
    "xml": Kind("lss", xml_seeds, structured(read_xml)),
}


def mutate(raw: bytes, rng: random.Random) -> bytes:
    """Damage a file; in a package every second time inside one of its parts, so that the damage gets further."""
    if raw.startswith(b"PK") and rng.random() < 0.6:
        with zipfile.ZipFile(BytesIO(raw)) as package:
            parts = {name: package.read(name) for name in package.namelist()}
        name = rng.choice(sorted(parts))
        return made.package({**parts, name: damage(parts[name], rng)})
    return damage(raw, rng)


def damage(raw: bytes, rng: random.Random) -> bytes:
    """Change a few bytes: flip, cut, repeat, insert something nasty, end early, or swap two pieces."""
    data = bytearray(raw)
    for _ in range(rng.randint(1, 3)):
        i, j = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        match rng.randrange(9):
            case 0 if data:
                data[rng.randrange(len(data))] = rng.randrange(256)
            case 1:
                del data[i : min(j, i + 30)]
            case 2:
                data[i:i] = data[i : min(j, i + 2_000)]
            case 3:
                data[i:i] = rng.choice(SPICE)
            case 4 if data:
                k = rng.randrange(min(len(data), 400))  # where headers stand
                data[k : k + 4] = rng.choice(SPICE)[:4].ljust(4, b"\x00")
            case 5:
                del data[j:]
            case 6 | 7 if data:  # the mildest: the file stays well formed
                k = rng.randrange(len(data))
                if chr(data[k]).isalnum() and data[k] < 128:
                    data[k] = rng.choice(b"0123456789abcXYZ")
            case _:
                data = data[j:] + data[i:j] + data[:i]
    return bytes(data)


def in_a_fork(module: str, content: bytes) -> Any:
    """Do what :func:`limited.ask_child` does, in a fork of this process instead of a new interpreter."""
    work = import_module(module).work
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - the child
        code = 1
        try:
            faulthandler.disable()  # a crash is what we look for; nobody needs its trace
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(1, 2)
            resource.setrlimit(resource.RLIMIT_AS, (limited.MAX_MEMORY, limited.MAX_MEMORY))
            resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
            with os.fdopen(write_end, "w", encoding="utf-8") as out:
                json.dump(work(content), out)
            code = 0
        finally:
            os._exit(code)
    os.close(write_end)
    with os.fdopen(read_end, encoding="utf-8") as answer:
        text = answer.read()
    if os.waitpid(child, 0)[1] != 0:
        raise limited.ChildFailed("it takes too much memory or makes the reader fail")
    return json.loads(text)


def run(name: str, n: int) -> Counter[str]:
    """Open ``n`` damaged files of one kind and count what became of them.

    Raises
    ------
    AssertionError
        With the number of the file: it can be made again.
    """
    kind = KINDS[name]
    rng = random.Random(f"{SEED} {name}")
    seeds = kind.seeds()
    became: Counter[str] = Counter()
    started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    slowest = 0.0
    for number in range(n):
        raw = mutate(rng.choice(seeds), rng)
        file = f"{number}.{kind.ending}"
        received = ReceivedFile(file=file, path=Path(file), content=raw)
        findings = Findings()
        begin = time.process_time()
        try:
            found = kind.read(received, findings)
        except Exception as error:
            raise AssertionError(f"{name}, file {number}: {type(error).__name__}") from error
        took = time.process_time() - begin
        slowest = max(slowest, took)
        table = findings.table()
        errors = table[table["severity"] == "error"]
        assert took < SECONDS, f"{name}, file {number}: {took:.1f} s"
        assert (found is None) == (len(errors) > 0), (
            f"{name}, file {number}: {len(errors)} errors, read: {found is not None}"
        )
        assert all(len(detail) < 2_000 for detail in table["detail"]), f"{name}, file {number}: a message without end"
        became["read" if found is not None else str(errors["rule"].iloc[0])] += 1
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - started) / 1024
    assert grown < MEGABYTES, f"{name}: the process grew by {grown:.0f} MB"
    became["slowest, ms CPU"] = round(1000 * slowest)
    became["grown by, MB"] = round(grown)
    return became


def main(n: int, names: list[str]) -> None:
    for module in (spss_file, old_spreadsheet):
        module.ask_child = in_a_fork
    for name in names or KINDS:
        begin = time.process_time()
        became = run(name, n)
        told = ", ".join(f"{what}: {count:,}" for what, count in became.most_common())
        sys.stdout.write(f"{name}: {n:,} damaged files, {time.process_time() - begin:.0f} s CPU; {told}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else N, sys.argv[2:])
