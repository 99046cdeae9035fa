"""``eval-tools key``: a person's own key, and the key of a study encrypted for at least two people."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def add_key(commands: Any) -> None:
    """Describe the command and its options."""
    key = commands.add_parser(
        "key",
        help="make a person's own key, or the key of a study",
        description="Pseudonyms are made with a secret key. It is encrypted for at least two people and lies outside "
        "the workbench; each of them opens it with an own key.",
    )
    kinds = key.add_subparsers(dest="kind", metavar="KIND", required=True)
    identity = kinds.add_parser(
        "identity",
        help="make a person's own key",
        description="Write the secret half to a file that only you can read, and print the public half (age1…).",
    )
    identity.add_argument("--out", required=True, metavar="FILE", help="a new file outside the workbench")
    new = kinds.add_parser(
        "new",
        help="make the key of a study",
        description="Write the secret key of a study, encrypted for its recipients.",
    )
    new.add_argument("study", metavar="STUDY", help="folder under data_raw/; its study.yaml may still be missing")
    new.add_argument("--out", required=True, metavar="FILE", help="a new file outside the workbench")
    new.add_argument("--recipient", action="append", default=[], metavar="age1…", help="at least two")


def run_key(options: argparse.Namespace) -> int:
    """Make a key and say what to do with it; no secret is printed."""
    from eval_tools.privacy.key_file import new_identity, new_key
    from eval_tools.privacy.pseudonyms import key_fingerprint
    from eval_tools.studies.workbench import find_workbench

    root, path = find_workbench().root, Path(options.out)
    if options.kind == "identity":
        public = new_identity(path, workbench=root)
        sys.stdout.write(
            f"{public}\n\nThis is the public half: send it to whoever makes the key of the study. The secret half is "
            f"in {path}; keep a copy in another safe place, and set EVAL_TOOLS_IDENTITY_FILE to it.\n"
        )
        return 0
    key = new_key(path, options.recipient, workbench=root)
    sys.stdout.write(
        f"{path}: the key of {options.study}, for {len(set(options.recipient))} people. Set EVAL_TOOLS_KEY_FILE to it, "
        "keep a copy in another safe place, and write into study.yaml:\n\n"
        f'people:\n  key_fingerprint: "{key_fingerprint(key)}"\n'
    )
    return 0
