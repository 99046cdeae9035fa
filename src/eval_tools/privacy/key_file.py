"""The secret key of a study: encrypted for at least two people, outside the workbench, never shown.

The format is that of age (https://age-encryption.org/v1): a key that this program made can be opened by any program
that knows it, and by each of its recipients alone.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path

from eval_tools.errors import DefinitionError, Problem
from eval_tools.privacy.pseudonyms import KEY_BYTES

FEWEST_RECIPIENTS = 2
OF_AGE = b"age-encryption.org/v1"
HOW_TO_MAKE_A_KEY = (
    "To make a key, once per study: eval-tools key new STUDY --out FILE --recipient age1… --recipient age1… "
    "(eval-tools key identity --out FILE makes the two halves of a person's own key). "
    "Without the key, terms can no longer be linked."
)


def new_identity(path: Path, *, workbench: Path) -> str:
    """Make a person's own key: the secret half goes to a file that only its owner can read, the public half is told.

    Returns
    -------
    str
        The recipient, ``age1…``; it may be written into study.yaml or sent by mail.

    Raises
    ------
    DefinitionError
        If the file exists already, or would lie inside the workbench.
    """
    import pyrage

    identity = pyrage.x25519.Identity.generate()
    public = str(identity.to_public())
    _write_secret(path, f"# public key: {public}\n{identity}\n".encode(), workbench=workbench)
    return public


def new_key(path: Path, recipients: Sequence[str], *, workbench: Path) -> bytes:
    """Make the secret key of a study and write it encrypted for several people, each of whom can open it alone.

    Raises
    ------
    DefinitionError
        Fewer than two different recipients, one that is none, an existing file, a place inside the workbench.
    """
    import pyrage

    if len(set(recipients)) < FEWEST_RECIPIENTS:
        what = f"{len(set(recipients))} recipients; at least {FEWEST_RECIPIENTS} are needed."
        remedy = "If one person loses the own key, nobody could link two terms any more."
        raise DefinitionError(Problem("--recipient", what, remedy))
    key = secrets.token_bytes(KEY_BYTES)
    _write_secret(path, pyrage.encrypt(key, [recipient_of(each) for each in recipients]), workbench=workbench)
    return key


def recipient_of(text: str) -> object:
    """Read a public key, ``age1…``.

    Raises
    ------
    DefinitionError
    """
    import pyrage

    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise DefinitionError(Problem("recipient", "is no public key.", "It begins with age1.")) from None


def read_key(path: Path, *, workbench: Path, identity: Path | None = None) -> bytes:
    """Read the secret key of a study.

    Parameters
    ----------
    path : Path
        A file that ``new_key`` wrote; or, without encryption, at least 32 random bytes.
    workbench : Path
        The workbench folder. A key inside it would travel with every copy of the data it protects.
    identity : Path, optional
        The own key of one of its recipients, to open it with.

    Raises
    ------
    DefinitionError
        No such file, a file inside the workbench (also through a symbolic link), readable by others, too short,
        or encrypted for others. No message shows a key.

    Examples
    --------
    >>> read_key(Path("no-such.key"), workbench=Path("my-workbench"))
    Traceback (most recent call last):
    eval_tools.errors.DefinitionError: no-such.key: the file cannot be read.
      To make a key, ...
    """
    content = _read_secret(path, workbench=workbench)
    if content.startswith(OF_AGE):
        if identity is None:
            what = "the key is encrypted, and nothing says with which own key to open it."
            raise DefinitionError(Problem(str(path), what, "Set EVAL_TOOLS_IDENTITY_FILE to the file of your own key."))
        content = decrypt(content, identity, workbench=workbench, what="the key")
    if len(content) < KEY_BYTES:
        what = f"the key has {len(content)} bytes; at least {KEY_BYTES} are needed."
        raise DefinitionError(Problem(str(path), what, HOW_TO_MAKE_A_KEY))
    return content


def is_encrypted(path: Path) -> bool:
    """Whether the file of a key is of no use to somebody who finds it."""
    with path.open("rb") as file:
        return file.read(len(OF_AGE)) == OF_AGE


def decrypt(content: bytes, identity: Path, *, workbench: Path, what: str) -> bytes:
    """Open something that was encrypted for the owner of an own key.

    Raises
    ------
    DefinitionError
        If the own key cannot be read, or the content is for others or damaged.
    """
    import pyrage

    lines = _read_secret(identity, workbench=workbench).decode("ascii", errors="replace").splitlines()
    try:
        own = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except pyrage.IdentityError:
        raise DefinitionError(Problem(str(identity), "is no own key.", HOW_TO_MAKE_A_KEY)) from None
    if not own:
        raise DefinitionError(Problem(str(identity), "holds no own key.", HOW_TO_MAKE_A_KEY))
    try:
        return pyrage.decrypt(content, own)
    except pyrage.DecryptError:
        told = f"does not open {what}: it is encrypted for other people, or damaged."
        raise DefinitionError(Problem(str(identity), told, "Ask one of its recipients.")) from None


def encrypt(content: bytes, recipients: Sequence[str]) -> bytes:
    """Encrypt something so that each of some people can open it, and nobody else."""
    import pyrage

    return pyrage.encrypt(content, [recipient_of(each) for each in recipients])


def _write_secret(path: Path, content: bytes, *, workbench: Path) -> None:
    if path.resolve().is_relative_to(workbench.resolve()):
        raise DefinitionError(Problem(str(path), "lies inside the workbench.", "Choose a place outside the folder."))
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise DefinitionError(Problem(str(path), "exists already.", "A key is never overwritten.")) from None
    except OSError as error:
        told = f"cannot be written ({error.strerror})."
        raise DefinitionError(Problem(str(path), told, "Choose an existing folder of your own.")) from None
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def _read_secret(path: Path, *, workbench: Path) -> bytes:
    target = path.resolve()
    if target.is_relative_to(workbench.resolve()):
        raise DefinitionError(Problem(str(path), "the key lies inside the workbench.", "Move it out of the folder."))
    try:
        mode = target.stat().st_mode
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise DefinitionError(Problem(str(path), "others may read the key.", "Run: chmod 600 on this file."))
        return target.read_bytes()
    except OSError:
        raise DefinitionError(Problem(str(path), "the file cannot be read.", HOW_TO_MAKE_A_KEY)) from None
