"""Invented interviews in many formats; what they are and where from stands in data/PROVENANCE.md."""

import csv
import json
import shutil
import zipfile

import pytest

from eval_tools.interviews.read import Reading, read_interviews
from interview_files import BESIDE, ZH


@pytest.fixture(scope="session")
def truth():
    """Codings as they were made: document, start, end, code, coder."""
    with (ZH / "codings_long.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.DictReader(stream)
        return sorted((r["doc"], int(r["start"]), int(r["end"]), r["code"], r["coder"]) for r in rows)


@pytest.fixture(scope="session")
def expected():
    return json.loads((ZH / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def whole():
    """The invented study, read from the project that follows the standard, with all lists beside it."""
    return read_interviews(ZH / "codepoint_lf.qdpx", Reading(**BESIDE))


@pytest.fixture
def write_qdpx(tmp_path):
    """Write a little project; sources are name, text as stored, and selections (start, end, user, code)."""

    def write(sources, *, origin="", codes=("sad", "school"), qde=None, name="a.qdpx", texts=True, extra=""):
        body = [f'<Project xmlns="urn:QDA-XML:project:1.0" name="x" origin="{origin}"><Users>']
        body += [f'<User guid="{u}" name="{u}"/>' for u in ("Ann", "Bob")]
        body += ["</Users><CodeBook><Codes>"]
        body += [f'<Code guid="{{{c.upper()}}}" name="{c}" isCodable="true"/>' for c in codes]
        body += ["</Codes></CodeBook><Sources>"]
        for i, (title, _, selections) in enumerate(sources):
            body.append(f'<TextSource guid="s{i}" name="{title}" plainTextPath="internal://s{i}.txt">')
            for start, end, user, code in selections:
                body.append(
                    f'<PlainTextSelection guid="p{i}{start}{end}{user}{code}" startPosition="{start}" '
                    f'endPosition="{end}" creatingUser="Zoe"><Coding creatingUser="{user}">'
                    f'<CodeRef targetGUID="{code}"/></Coding></PlainTextSelection>'
                )
            body.append("</TextSource>")
        body += [f"</Sources>{extra}</Project>"]
        path = tmp_path / name
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("Project.qde", qde or "".join(body))
            for i, (_, text, _) in enumerate(sources):
                if texts:
                    archive.writestr(f"Sources/S{i}.TXT", text.encode("utf-8"))
        return path

    return write


@pytest.fixture
def write_csv(tmp_path):
    def write(text, name="codings.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.fixture
def qualcoder_copy(tmp_path):
    target = tmp_path / "study.qda"
    shutil.copytree(ZH / "qualcoder_v17.qda", target)
    return target
