"""``benchmarks/science.toml``: every table of RESULTS.md, and what makes it."""

import hashlib
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "benchmarks"
TABLES, RESULTS = BENCHMARKS / "science.toml", BENCHMARKS / "results"
SCIENCE, FULL = "science", "science-full"


class ScienceError(Exception):
    """A table, result or page that does not fit; the message is one sentence."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of RESULTS.md.

    Attributes:
        name: of the table; its results are ``results/<name>.json``.
        title: what it shows, in a line.
        command: a script of this folder with its arguments. ``--rows FILE`` is added; the script writes its rows there.
            ``{data}`` and the names of peers stand for what ``needs`` says, ``{study}`` for the folder of the executed
            study.
        made_by: ``"science"`` (no data, no peers; all of these in under an hour) or ``"science-full"``.
        minutes: CPU time, roughly.
        study: a study file of this folder, which ``mdpzoo bench`` executes first.
        plugins: whose code the table depends on, besides the core's.
        needs: what a bare machine lacks: ``"data"`` (the folder that MDPZOO_DATA names), a package,
            ``"peer <NAME>"`` (a Python or a folder that MDPZOO_PEER_<NAME> names), or ``"file <PATH>"``.
        reads: files that decide about the rows besides code, as patterns within the repository.
        seeds: in words or numbers; empty: nothing is drawn.
        quoted: what the rows are quoted from, where the script measures nothing itself.
        timings: the fields of a row that a rerun does not repeat: times, and what depends on a time budget or on fresh
            randomness; all others are figures.
    """

    name: str
    title: str
    command: str
    made_by: str
    minutes: float
    study: str = ""
    plugins: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    seeds: str = ""
    quoted: str = ""
    timings: tuple[str, ...] = ()

    @property
    def script(self) -> Path:
        """The script's file."""
        return BENCHMARKS / self.command.split()[0]

    @property
    def peers(self) -> list[str]:
        """The names of the peers that it needs."""
        return [need.removeprefix("peer ") for need in self.needs if need.startswith("peer ")]

    def sources(self) -> Iterator[Path]:
        """The files that decide about the figures, in a fixed order."""
        yield self.script
        yield from sorted(self.script.with_name(f"{self.script.stem}_parts").glob("*.py"))
        if self.study:
            yield BENCHMARKS / self.study
        packages = [ROOT / "mdpzoo", *(ROOT / "plugins" / f"mdpzoo-{name}" / f"mdpzoo_{name}" for name in self.plugins)]
        for package in packages:
            yield from sorted(package.rglob("*.py"))
        for pattern in self.reads:
            yield from sorted(ROOT.glob(pattern))

    def code(self) -> str:
        """Digest of command and sources: results of equal code need not be made again."""
        found = hashlib.sha256(self.command.encode())
        for path in self.sources():
            found.update(os.path.relpath(path, ROOT).encode() + b"\0" + path.read_bytes())
        return found.hexdigest()[:16]


def read_tables(path: Path = TABLES) -> dict[str, Table]:
    """Reads the list.

    Raises:
        ScienceError: an entry has an unknown field, lacks one, or is made by neither target.
    """
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    known = {each.name for each in fields(Table)} - {"name"}
    tables = {}
    for name, entry in content.items():
        if unknown := sorted(entry.keys() - known):
            raise ScienceError(f"table {name!r} of {path.name} has an unknown field {unknown[0]!r}")
        lists = {field: tuple(value) for field, value in entry.items() if isinstance(value, list)}
        try:
            tables[name] = Table(name=name, **(entry | lists))
        except TypeError as error:
            raise ScienceError(f"table {name!r} of {path.name} lacks a field: {error}") from None
        if tables[name].made_by not in (SCIENCE, FULL):
            raise ScienceError(f"made_by of table {name!r} must be {SCIENCE!r} or {FULL!r}")
    return tables
