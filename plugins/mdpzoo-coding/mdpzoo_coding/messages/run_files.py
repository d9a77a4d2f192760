"""Files of runs: recorded trajectories (``mdpzoo.records``) with a seal over every byte.

A run file is a NumPy archive (.npz) that any reader of such archives can open. The comment of the zip holds a mark, the
salt, a checksum of everything before it (damage) and a seal by the key (forgery). It is checked before anything else
in the file is read.
"""

import hashlib
import hmac
from pathlib import Path

from mdpzoo.errors import InstanceError
from mdpzoo.files import replacing
from mdpzoo.records import Trajectories
from mdpzoo_coding.messages.encryption import SALT, Keys, MessageError, derived_keys, sealing

MARK = b"mdpzoo-coding 1 "  # 16 bytes; the number rises when an older reader would misunderstand a file
DIGEST = 32
COMMENT = len(MARK) + SALT + 2 * DIGEST
LARGEST = 1 << 30  # bytes of a file


def write_run(trajectories: Trajectories, path: Path, salt: bytes, keys: Keys) -> None:
    """Writes a sealed file, whole or not at all.

    Raises:
        OSError: if the folder cannot be written.
    """
    with replacing(path) as beside:
        trajectories.save(beside)
        content = beside.read_bytes()
        head = content[:-2] + COMMENT.to_bytes(2, "little") + MARK + salt  # the last two bytes: a comment's length
        head += hashlib.sha256(head).digest()
        beside.write_bytes(head + sealing(keys, head))


def read_run(path: Path, passphrase: str) -> tuple[Trajectories, Keys]:
    """Reads a file whose seal is right.

    Raises:
        InstanceError: if the file is missing, damaged or no run.
        MessageError: if the seal is of another key.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise InstanceError(f"{path.name} is larger than {LARGEST >> 30} GiB")
        content = path.read_bytes()
    except OSError as error:
        raise InstanceError(f"{path.name} cannot be read: {error.strerror or error}") from None
    comment = content[-COMMENT:]
    if len(content) <= COMMENT or not comment.startswith(MARK):
        raise InstanceError(f"{path.name} is no run of 'mdpzoo send', or its end is damaged")
    if not hmac.compare_digest(hashlib.sha256(content[: -2 * DIGEST]).digest(), content[-2 * DIGEST : -DIGEST]):
        raise InstanceError(f"{path.name} is damaged: its checksum is another")
    keys = derived_keys(passphrase, comment[len(MARK) : len(MARK) + SALT])
    if not hmac.compare_digest(sealing(keys, content[:-DIGEST]), content[-DIGEST:]):
        raise MessageError(f"the seal of {path.name} does not fit the key: the key is another, or the file was changed")
    return Trajectories.load(path), keys
