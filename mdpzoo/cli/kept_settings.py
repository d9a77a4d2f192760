"""The rows of ``settings_table`` on disk: to read them anew takes the sources, or all that a module imports.

Kept in the user's cache, a JSON file for each environment and agent of an installation. A file counts only if its stamp
is that of now: Python's version, the installed distributions with their versions, and all sources of the core and of
the package that the code is in. What cannot be read or has another form counts as not there.
"""

import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from mdpzoo.cli.settings_table import settings_rows
from mdpzoo.cli.sources import Unreadable, look_up
from mdpzoo.files import replacing, user_cache
from mdpzoo.settings import range_text

LONGEST = 1_000_000  # bytes of a file that is read; the largest of ours has 10,000
NAMES = {"name", "type", "default", "range", "about"}
INSTALLED = (".dist-info", ".egg-info")


def kept_rows(
    code: str, preset: Mapping[str, Any], ranges: Mapping[str, Mapping[str, Any]] | None = None
) -> list[dict[str, Any]]:
    """Returns what ``settings_rows`` does, as JSON values: from disk, or read anew and kept.

    Costs some 20 ms from disk, and 100 ms anew unless a module must be imported. Where no file can be written, the rows
    are read anew in each process.
    """
    path, stamp = _path(code, preset, ranges), _stamp(code.partition(".")[0].partition(":")[0])
    rows = None if path is None else _read(path, stamp)
    if rows is not None:
        return rows
    text = json.dumps({"stamp": stamp, "rows": _read_anew(code, preset, ranges)}, default=str)
    if path is not None:
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as part:
                part.write_text(text, encoding="utf-8")
    found: list[dict[str, Any]] = json.loads(text)["rows"]
    return found


def _read_anew(code: str, preset: Mapping[str, Any], ranges: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The rows from the sources, or by an import where these do not say all."""
    try:
        return settings_rows(code, preset, ranges, look_up)
    except Unreadable:
        return settings_rows(code, preset, ranges)


def _path(code: str, preset: Mapping[str, Any], ranges: Mapping[str, Any] | None) -> Path | None:
    """The file of an environment or agent in this installation; None for a user without a home."""
    asked = json.dumps([sys.prefix, code, dict(preset), dict(ranges or {})], sort_keys=True)
    name = hashlib.blake2b(asked.encode(), digest_size=16).hexdigest()
    with suppress(RuntimeError):
        return user_cache() / "mdpzoo" / "settings" / f"{name}.json"
    return None


def _read(path: Path, stamp: str) -> list[dict[str, Any]] | None:
    """The rows in a file, or None."""
    with suppress(OSError, ValueError, RecursionError):
        if path.is_file() and path.stat().st_size <= LONGEST:  # a pipe would never end
            kept = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(kept, dict) and kept.get("stamp") == stamp and isinstance(rows := kept.get("rows"), list):
                return rows if all(map(_is_row, rows)) else None
    return None


def _is_row(row: Any) -> bool:
    """Whether this is a row that can be printed; no text may hold what a terminal obeys."""
    if not isinstance(row, dict) or row.keys() != NAMES or not all(map(str.isprintable, _texts(row))):
        return False
    try:
        range_text(row["range"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return False
    return all(isinstance(row[name], str) for name in ("name", "type", "about"))


def _texts(value: Any) -> Iterator[str]:
    """All texts within a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in [*value, *value.values()] if isinstance(value, dict) else value:
            yield from _texts(each)


@cache
def _stamp(package: str) -> str:
    """A digest of all that the rows of a package may depend on."""
    found = hashlib.blake2b(sys.version.encode(), digest_size=16)
    for folder in dict.fromkeys(sys.path):
        with suppress(OSError):
            installed = sorted(name for name in os.listdir(folder or ".") if name.endswith(INSTALLED))
            found.update(b"\0".join(os.fsencode(os.path.join(folder, name)) for name in installed))
    for name in ("mdpzoo", package):
        for file in _sources(name):
            with suppress(OSError):
                found.update(b"\0%b\0" % str(file).encode() + file.read_bytes())
    return found.hexdigest()


def _sources(package: str) -> list[Path]:
    """The Python files of a package or module, which is not imported."""
    with suppress(ImportError, ValueError):
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.submodule_search_locations is not None:
            return sorted(file for folder in spec.submodule_search_locations for file in Path(folder).rglob("*.py"))
        return [Path(spec.origin)] if spec is not None and spec.origin else []
    return []
