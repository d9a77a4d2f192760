"""A run's folder: whether it is free, and that only one process writes to it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mdpzoo.errors import SettingError

LOCK = ".lock"


class FolderError(SettingError):
    """Raised for a folder that cannot be written, or is full."""


class BusyFolderError(SettingError):
    """Raised for a folder in which another process works."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keeps other processes out of a folder while its block runs; a crash leaves no lock behind.

    Raises:
        BusyFolderError: if another process works in the folder.
        FolderError: if nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise FolderError(f"{str(folder)!r} cannot be written ({error.strerror}); choose another folder") from None
    try:
        if not _taken(descriptor):
            raise BusyFolderError(f"another process works in {str(folder)!r}; wait for it, or choose another folder")
        yield
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    """Takes the lock, which the operating system releases when the process ends; True if locks are not supported."""
    try:
        import fcntl
    except ImportError:  # Windows
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True
