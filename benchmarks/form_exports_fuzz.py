"""How readers of form platforms end on spoilt exports: read whole or refused, in how much time and memory.

Every reader gets 10,000 copies of its sample, each spoilt in one to six places (cells, header, lengths, rows,
columns), the same ones on every run. A crash, or a table that is not whole, stops the run.

    PYTHONPATH=src:tests python benchmarks/form_exports_fuzz.py [COPIES]
"""

from __future__ import annotations

import resource
import sys
import time

from eval_tools.intake.exports import google_forms, microsoft_forms, tencent, wjx
from form_exports import DATA, open_sample, read_mutated, written

TEXT = DATA / "wjx" / "300000001_按文本_学期初儿童问卷A_120_120.xlsx"
NUMBER = DATA / "wjx" / "300000001_按序号_学期初儿童问卷A_120_120.xlsx"
GOOGLE = open_sample(DATA / "google-forms" / "google_forms_cn.csv")
OPTIONS = [["question", "option"], *(["你和谁一起住", option] for option in ("爸爸", "妈妈", "爷爷, 奶奶"))]
CASES = {
    "wjx by text": (wjx.READER, open_sample(TEXT)),
    "wjx by number": (wjx.READER, open_sample(NUMBER)),
    "wjx pair": (wjx.READER, open_sample(NUMBER, labels=TEXT)),
    "tencent-survey": (tencent.SURVEY, open_sample(DATA / "tencent-survey" / "tencent_wj_cn.csv")),
    "tencent-docs": (tencent.DOCS, open_sample(DATA / "tencent-docs" / "tencent_docs_cn.xlsx")),
    "google-forms": (google_forms.READER, written(GOOGLE.sheets[0].cells, form=OPTIONS)),
    "microsoft-forms": (microsoft_forms.READER, open_sample(DATA / "microsoft-forms" / "ms_forms_cn.xlsx")),
}
BATCH = 100


def main(copies: int) -> None:
    """Print one line for each reader."""
    print("reader,copies,read,refused,cpu_seconds,slowest_hundred,peak_mb")
    for name, (reader, export) in CASES.items():
        read = refused = 0
        seconds = []
        for seed in range(copies // BATCH):
            started = time.process_time()
            ends = read_mutated(reader, export, seed=seed, times=BATCH)
            seconds.append(time.process_time() - started)
            read, refused = read + ends["read"], refused + ends["refused"]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{name},{copies},{read},{refused},{sum(seconds):.0f},{max(seconds):.2f},{peak}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
