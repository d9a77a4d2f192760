"""Atomic writes of files, and the folder of the user's cache."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mdpzoo.errors import MissingExtraError, SettingError

FIGURES = (".png", ".svg", ".pdf")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yields a name beside ``path`` to write to; it replaces ``path`` when the block ends, and is deleted if it fails.

    Raises:
        OSError: the folder cannot be written.
        ValueError: the path names no file.
    """
    beside = path.with_name(f".{path.name[:50]}.{secrets.token_hex(4)}.part")
    try:
        yield beside
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def user_cache() -> Path:
    """Returns the current user's cache folder.

    Raises:
        RuntimeError: the user has no home folder.
    """
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def check_folder(path: Path) -> None:
    """Checks, before anything is computed, that the folder of a file exists.

    Raises:
        SettingError: names the folder.
    """
    if not path.absolute().parent.is_dir():
        raise SettingError(f"there is no folder {str(path.absolute().parent)!r} to write {path.name!r} into; make it")


def check_figure(path: Path, plugin: str) -> None:
    """Checks before anything is computed that a figure can be saved.

    Args:
        path: of the figure.
        plugin: the distribution whose extra ``render`` installs matplotlib.

    Raises:
        SettingError: if the suffix is not supported, or the folder does not exist.
        MissingExtraError: if matplotlib is not installed.
    """
    if path.suffix.lower() not in FIGURES:
        raise SettingError(f"the name of a figure must end in {', '.join(FIGURES)}, got {str(path)!r}")
    check_folder(path)
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtraError(f"matplotlib is not installed; type: pip install '{plugin}[render]'") from None
