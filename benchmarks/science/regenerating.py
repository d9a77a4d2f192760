"""Makes a table again: executes its study and its script, and turns the rows into ``results/<name>.json``.

What was made stays in ``build/science/<name>/<digest of its code>``: the log, the study, the rows. A table whose rows
are there is not made again; a study that was interrupted goes on with the runs that it lacks.
"""

import contextlib
import importlib.util
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mdpzoo.experiments.provenance import versions
from mdpzoo.files import replacing

from .records import MEASURED, QUOTED, Result, differences, read_result, split
from .table_list import BENCHMARKS, RESULTS, ROOT, ScienceError, Table

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
PRESENT, SKIPPED, FAILED, SAME, CHANGED = "is there", "skipped", "failed", "differs only in timings", "figures differ"
TAIL = 3  # lines of a log that a failure shows
GRACE = 30.0  # seconds that a study has after Ctrl-C to keep what it has learned


@dataclass(frozen=True)
class Place:
    """Where things are kept.

    Attributes:
        work: logs, studies and rows; may be deleted at any time.
        results: the JSON files.
    """

    work: Path = ROOT / "build" / "science"
    results: Path = RESULTS


def lacking(table: Table, surroundings: Mapping[str, str] = os.environ) -> str:
    """Says what this machine lacks for a table; empty: nothing."""
    for name in table.peers:
        peer = surroundings.get(variable(name), "")
        if not peer or not (shutil.which(peer) or Path(peer).is_dir()):
            return f"{variable(name)} names no Python and no folder with the peer"
    for need in table.needs:
        if need == "data":
            if not Path(surroundings.get("MDPZOO_DATA", "")).joinpath("tsplib").is_dir():
                return "MDPZOO_DATA names no folder of instances with known answers"
        elif need.startswith("file "):
            if not (ROOT / need.removeprefix("file ")).exists():
                return f"there is no {need.removeprefix('file ')}"
        elif not need.startswith("peer ") and importlib.util.find_spec(need) is None:
            return f"the package {need} is not installed"
    return ""


def variable(peer: str) -> str:
    """The environment variable that names a peer's Python or folder."""
    return f"MDPZOO_PEER_{peer.upper()}"


def regenerate(table: Table, place: Place, jobs: int = 1, again: bool = False) -> tuple[str, str]:
    """Makes one table unless it is there, and returns how that ended and a sentence.

    Args:
        table: which.
        place: where things are kept.
        jobs: runs of a study at a time.
        again: make it although it is there.
    """
    folder = place.work / table.name / table.code()
    if again:
        shutil.rmtree(folder, ignore_errors=True)
    before = _former(table, place)
    if (folder / "rows.json").is_file() and before is not None and before.made.get("code") == table.code():
        return PRESENT, ""
    if reason := lacking(table):
        return SKIPPED, reason
    folder.mkdir(parents=True, exist_ok=True)
    seconds = _cpu_seconds()
    try:
        _run(table, folder, jobs)
        rows = json.loads((folder / "rows.json").read_text())
        result = split(table.name, _made(table, folder, _cpu_seconds() - seconds), rows, table.timings)
    except (ScienceError, OSError, ValueError) as error:
        (folder / "rows.json").unlink(missing_ok=True)
        return FAILED, str(error)
    place.results.mkdir(exist_ok=True)
    with replacing(place.results / f"{table.name}.json") as beside:
        beside.write_text(result.to_text(), encoding="utf-8")
    found = ["there was no result"] if before is None else differences(before, result)
    return (CHANGED, "; ".join(found[:3])) if found else (SAME, "")


def _former(table: Table, place: Place) -> Result | None:
    try:
        return read_result(table.name, place.results)
    except ScienceError:
        return None


def _run(table: Table, folder: Path, jobs: int) -> None:
    """Executes study and script, with everything that they print in the log.

    Raises:
        ScienceError: one of them ends with an error; the message has the end of the log.
    """
    surroundings = os.environ | dict.fromkeys(THREADS, "1")
    with (folder / "log.txt").open("w") as log:
        for command in commands(table, folder, jobs):
            print("$", *command, file=log, flush=True)
            code = _wait_for(subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=surroundings))
            if code:
                last = " / ".join((folder / "log.txt").read_text(errors="replace").splitlines()[-TAIL:])
                raise ScienceError(f"exit code {code}: {last}")


def _wait_for(process: "subprocess.Popen[bytes]") -> int:
    """Returns the exit code; Ctrl-C reaches the process, too, which may take its time to end."""
    try:
        return process.wait()
    except KeyboardInterrupt:
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            process.wait(GRACE)
        raise
    finally:
        process.kill()
        process.wait()


def commands(table: Table, folder: Path, jobs: int) -> list[list[str]]:
    """The commands that make a table, in their order."""
    study = folder / "study"
    peers = {name: os.environ.get(variable(name), "") for name in table.peers}
    filled = table.command.format(study=study, data=os.environ.get("MDPZOO_DATA", ""), **peers)
    script, *arguments = filled.split()
    last = [sys.executable, str(BENCHMARKS / script), *arguments, "--rows", str(folder / "rows.json")]
    if not table.study:
        return [last]
    bench = [sys.executable, "-m", "mdpzoo", "bench", str(BENCHMARKS / table.study), "--out", str(study)]
    return [[*bench, "--jobs", str(jobs)], last]


def _made(table: Table, folder: Path, seconds: float) -> dict[str, Any]:
    """What made the result, as the JSON says it."""
    runs = [json.loads(path.read_text())["cpu_seconds"] for path in folder.glob("study/*/*/*/result.json")]
    told = versions()
    return {
        "source": QUOTED if table.quoted else MEASURED,
        "command": f"python benchmarks/{table.command}",
        "study": table.study or None,
        "seeds": table.seeds,
        "date": time.strftime("%Y-%m-%d"),
        "mdpzoo": told["packages"]["mdpzoo"],
        "code": table.code(),
        "cpu_seconds": round(max(seconds, sum(runs)), 1),
        "machine": {"cpu": told["cpu"], "cores": os.cpu_count(), "system": f"{platform.system()} {platform.machine()}"},
        "versions": {"python": told["python"], **told["packages"]},
    }


def _cpu_seconds() -> float:
    """Of all processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
