"""Where the invented interviews of the tests lie, and what their coders are called elsewhere."""

from pathlib import Path

DATA = Path(__file__).with_name("interviews") / "data"
ZH = DATA / "synthetic-zh"
BESIDE = {"cases": ZH / "documents.csv", "assignments": ZH / "assignments.csv", "codebook": ZH / "codebook.csv"}
ADDRESSES = {f"coder{i}@example.org": name for i, name in enumerate(("王編碼", "Li", "coder_C"), start=1)}
LOGINS = {"wang": "王編碼", "li": "Li", "coderc": "coder_C"}
OTHER_NAMES = ADDRESSES | LOGINS
