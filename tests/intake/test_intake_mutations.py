"""Damaged exports: whatever the bytes, the study is received or refused in words, and soon."""

from __future__ import annotations

import random
import time

from eval_tools import open_study
from eval_tools.errors import EvalToolsError
from eval_tools.tables import FORMS, ISSUES, PARTICIPANTS, RESPONSES, check_table

N = 300
SEED = 20261124
SECONDS = 10.0  # each; one takes about 0.05 s alone, much more on a busy machine; a hang would still fail
SPICE = (
    b"\x00",
    b'"',
    b"\r",
    b"\n",
    b",",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\x1a",
    b"=1+1",
    b"\xe2\x80\xae",
    b"9" * 40,
    b"'",
)


def mutate(raw: bytes, rng: random.Random) -> bytes:
    """Change a few bytes: flip, cut, repeat, insert something nasty, or swap two pieces."""
    data = bytearray(raw)
    for _ in range(rng.randint(1, 3)):
        i, j = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        match rng.randrange(6):
            case 0 if data:
                data[rng.randrange(len(data))] = rng.randrange(256)
            case 5 if data:  # an answer becomes another digit, the mildest damage
                spots = [k for k in range(1, len(data)) if data[k - 1 : k + 1] == b",1"]
                if spots:
                    data[rng.choice(spots)] = rng.choice(b"0123456789")
            case 1:
                del data[i : min(j, i + 30)]
            case 2:
                data[i:i] = data[i:j]
            case 3:
                data[i:i] = rng.choice(SPICE)
            case _:
                data = data[j:] + data[i:j] + data[:i]
    return bytes(data)


def test_damaged_bytes_are_received_or_refused_and_nothing_else(post):
    post.bench.write_answers(post.rows[:4])
    intact = post.answers.read_bytes()
    rng = random.Random(SEED)
    n_refused = n_received = 0
    for _ in range(N):
        post.answers.write_bytes(mutate(intact, rng))
        start = time.perf_counter()
        run = open_study("little", start=post.bench.root)
        received = run.received
        for table, spec in (
            (received.participants, PARTICIPANTS),
            (received.forms, FORMS),
            (received.responses, RESPONSES),
            (received.issues, ISSUES),
        ):
            check_table(table, spec)
        try:
            _ = run.scores
            n_received += 1
        except EvalToolsError:
            n_refused += 1
        assert time.perf_counter() - start < SECONDS
    # both happen, or the mutations test nothing
    assert n_refused > N / 2
    assert n_received > 5
