"""Ten thousand damaged files over all readers of combinatorial instances and solutions.

Seeds are the real files of the data folder (``MDPZOO_DATA``) and generated ones of every format. Every damaged file
must be read or refused with an ``InstanceError`` of one line, within 2 seconds and 200 MB; the script prints the
slowest and the largest, and exits with 1 where one of them broke the rule. Memory is what the process takes at most
beyond what it has once the seeds are there. Linux only.
"""

import argparse
import json
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial import generate, read_instance, write_solution
from mdpzoo_combinatorial.commands.verify_solution import verdict
from mdpzoo_combinatorial.files.solution_files import read_claim
from mdpzoo_combinatorial.instances import Instance, KnapsackInstance, TSPInstance

SECONDS, MEGABYTES = 2.0, 200
LAYOUTS = ("FULL_MATRIX", "UPPER_ROW", "LOWER_DIAG_ROW", "UPPER_DIAG_ROW", "LOWER_COL")
WORDS = (
    *(b"nan", b"inf", b"-1", b"0", b"1e400", b"9" * 400, b"99999999", b"200000", b"2.5", b"0x10", b"1_0", b"1e-320"),
    *(
        b"EOF",
        b"TOUR_SECTION",
        b"EDGE_WEIGHT_SECTION",
        b"NODE_COORD_SECTION",
        b"DEPOT_SECTION",
        b"TYPE : CVRP",
        b"ATSP",
    ),
    *(
        b"%s%n",
        b"\xff\xfe",
        b"\x00",
        b":",
        b",",
        b";",
        b"\t",
        b'"',
        b"#",
        b"# problem: OP",
        b"x,y",
        b"Route #1:",
        b"null",
    ),
    *(b"[" * 5_000, b"{" * 50, b'{"solution": [', b"knapPI_1", b"n 9999999", b"\xc2\xa0", b"\x1e", b"-----"),
)


class Seed(NamedTuple):
    """A good file, and the instance that it solves where it is a solution."""

    content: bytes
    ending: str
    instance: Instance | None = None


def solution_of(instance: Instance) -> list:
    """Some solution."""
    if isinstance(instance, KnapsackInstance):
        return [int(instance.weights.argmin())] if instance.weights.min() <= instance.capacity else []
    if instance.problem == "CVRP":
        return [[k] for k in range(1, instance.num_nodes)]
    return [0] if instance.problem == "OP" else list(range(instance.num_nodes))


def _weights(matrix: np.ndarray, layout: str) -> Iterator[str]:
    for i in range(len(matrix)):
        first = 0 if layout in ("FULL_MATRIX", "LOWER_DIAG_ROW") else i + (layout != "UPPER_DIAG_ROW")
        yield " ".join(f"{each:g}" for each in matrix[i, first : i + 1 if layout == "LOWER_DIAG_ROW" else None])


def generated() -> Iterator[Seed]:
    """Small files of every format, and solutions of every format."""
    points = np.random.default_rng(0).integers(0, 100, (9, 3))
    matrix = TSPInstance("m", points[:, :2].astype(float), "EUC_2D").distance_matrix()
    for layout in LAYOUTS:
        head = f"NAME: m\nTYPE: {{}}\nDIMENSION: 9\nEDGE_WEIGHT_TYPE: EXPLICIT\nEDGE_WEIGHT_FORMAT: {layout}\n"
        body = "EDGE_WEIGHT_SECTION\n" + "\n".join(_weights(matrix, layout)) + "\nEOF\n"
        yield from (Seed((head.format(kind) + body).encode(), ".tsp") for kind in ("TSP", "ATSP"))
    places = "\n".join(f"{k} {' '.join(map(str, each))}" for k, each in enumerate(points, 1))
    for kind in ("EUC_3D", "XRAY2"):
        head = f"NAME: s\nTYPE: TSP\nDIMENSION: 9\nEDGE_WEIGHT_TYPE: {kind}\nNODE_COORD_SECTION\n"
        yield Seed((head + places + "\nEOF\n").encode(), ".tsp")
    rows = [(30, 4), (20, 5), (9, 1), (7, 3)]
    pairs = "\n".join(f"{v} {w}" for v, w in rows)
    triples = "\n".join(f"{k} {v} {w}" for k, (v, w) in enumerate(rows))
    own = "\n".join(f"{k + 1},{v},{w},1" for k, (v, w) in enumerate(rows))
    for text in (f"4 8\n{pairs}\n", f"4 8\n{pairs}\n1 0 1 0\n", f"4\n{triples}\n8\n", f"4\n8\n{pairs}\n"):
        yield Seed(text.encode(), ".txt")
    yield Seed(f"knapPI_1\nn 4\nc 8\nz 39\ntime 0.00\n{own}\n-----\n".encode(), ".csv")
    yield Seed(("# capacity: 8\nname,value,weight\n" + "".join(f'"a, b",{v},{w}\n' for v, w in rows)).encode(), ".csv")
    table = "\n".join(f"{a};{b};{min(c, 9) * (k > 0)}" for k, (a, b, c) in enumerate(points))
    yield Seed(f"# problem: CVRP\n# capacity: 30\n# name: t\nx;y;demand\n{table}\n".encode(), ".csv")
    yield Seed(f"# limit: 90\nlatitude;longitude;prize\n{table}\n".encode(), ".csv")
    yield Seed("\n".join(",".join(f"{each:g}" for each in row) for row in matrix).encode(), ".csv")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "solution"
        for problem in ("TSP", "ATSP", "CVRP", "OP", "Knapsack"):
            instance = generate(problem, 1, 12, 0)[0]
            write_solution(path, solution_of(instance), instance)
            yield Seed(path.read_bytes(), ".tour" if "TSP" in problem else ".sol", instance)
            told = {"problem": problem, "objective": 1.5, "solution": solution_of(instance), "seconds": 0.1}
            yield Seed(json.dumps(told).encode(), ".json", instance)


def real(folder: Path) -> Iterator[Seed]:
    """The files of the data folder, and a solution of each small one."""
    with tempfile.TemporaryDirectory() as beside:
        written = Path(beside) / "solution"
        for pattern in ("tsplib/*.tsp", "atsp/*.atsp", "cvrplib/*.vrp", "oplib/*.oplib", "knapsack/*.txt"):
            for path in sorted(folder.glob(pattern)):
                yield Seed(path.read_bytes(), path.suffix)
                instance = read_instance(path)
                if path.stat().st_size < 4_000:
                    write_solution(written, solution_of(instance), instance)
                    yield Seed(written.read_bytes(), ".sol", instance)


def mutated(content: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    """The content damaged in one of sixteen ways, or in several."""

    def draw(high: int) -> int:
        return int(rng.integers(max(high, 1)))

    lines, at = content.split(b"\n"), draw(len(content))
    line, end, word = draw(len(lines)), at + draw(200), WORDS[draw(len(WORDS))]
    words = lines[line].split(b" ")
    words[draw(len(words))] = word
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: content[:at],  # truncated
        lambda: content[:at] + rng.bytes(1) + content[at + 1 :],  # a byte
        lambda: content[:at] + rng.bytes(draw(50)) + content[at:],  # bytes inserted
        lambda: content[:at] + content[end:],  # bytes removed
        lambda: content[:at] + content[at:end] * draw(300) + content[end:],  # bytes repeated
        lambda: content[:at] + other[draw(len(other)) :],  # the end of another file
        lambda: b"\n".join([*lines[:line], *lines[line + 1 :]]),  # a line removed
        lambda: b"\n".join([*lines[: line + 1], *lines[line:]]),  # a line repeated
        lambda: b"\n".join([*lines[:line], lines[draw(len(lines))], *lines[line + 1 :]]),  # a line replaced
        lambda: b"\n".join([*lines[:line], b" ".join(words), *lines[line + 1 :]]),  # a word replaced
        lambda: b"\n".join([*lines[:line], word, *lines[line:]]),  # a line inserted
        lambda: b"\n".join(lines[k] for k in rng.permutation(len(lines))[:2_000]),  # lines shuffled
        lambda: content.replace(words[0] or b" ", word, 3),  # a text replaced
        lambda: content.replace(b" ", word[:9]) if len(content) < 10_000 else content[::-1],  # separators
        lambda: content.replace(b"\n", b"\r" if draw(2) else b" "),  # line ends
        lambda: mutated(mutated(content, other, rng), other, rng),
    )
    return ways[draw(len(ways))]()


def attempt(path: Path, instance: Instance | None) -> str | None:
    """Reads an instance, or judges a solution; returns the complaint, or None.

    Raises:
        Exception: whatever a reader should not have raised.
    """
    try:
        if instance is None:
            read_instance(path)
        else:
            verdict(instance, read_claim(path, instance))
    except InstanceError as error:
        return str(error)
    return None


def _alarm(*_: object) -> None:
    raise TimeoutError("10 seconds")


def peak(forget: bool = False) -> float:
    """The most memory of this process, in MB, since it was told to forget."""
    if forget:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()  # what getrusage tells includes the parent's memory
    return int(status.partition("VmHWM:")[2].split()[0]) / 1_024


def _batch(folder: str | None, seed: int, count: int, queue: "multiprocessing.Queue[dict]") -> None:
    """Damages and reads so many files in this process, and tells what happened."""
    seeds, rng = [*generated(), *(real(Path(folder)) if folder else ())], np.random.default_rng(seed)
    told = {"refused": 0, "slowest": 0.0, "faults": []}
    before = peak(forget=True)
    signal.signal(signal.SIGALRM, _alarm)
    with tempfile.TemporaryDirectory() as beside:
        for _ in range(count):
            one, other = (seeds[int(k)] for k in rng.integers(len(seeds), size=2))
            path = Path(beside) / f"damaged{one.ending}"
            path.write_bytes(mutated(one.content, other.content, rng)[: 30 * 2**20])
            began = time.perf_counter()
            signal.alarm(10)
            try:
                complaint = attempt(path, one.instance)
                told["refused"] += complaint is not None
                if complaint and ("\n" in complaint or len(complaint) > 500):
                    told["faults"].append(f"not one short sentence: {complaint!r}")
            except Exception as error:  # any other exception is what is looked for
                told["faults"].append(f"{type(error).__name__}: {error} from {path.read_bytes()[:200]!r}")
            signal.alarm(0)
            told["slowest"] = max(told["slowest"], time.perf_counter() - began)
    queue.put(told | {"megabytes": peak() - before})


def in_a_process(target: Callable, *arguments: object) -> dict:
    """What a process of its own tells through its last argument, a queue; an empty dictionary where it died."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=target, args=(*arguments, queue))
    process.start()
    process.join(3_600)
    return {} if process.exitcode else queue.get(timeout=10)


def main() -> int:
    """Reads the command line, and returns 1 if anything but a short sentence came of a file, or it took too much."""
    from science.row_printing import add_rows, show

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0])
    add_rows(parser)
    options = parser.parse_args()
    rows = show((read_damaged(options.count, seed) for seed in options.seeds), options.rows)
    bad = [each for each in rows if each["faults"] or each["slowest"] > SECONDS or each["megabytes"] > MEGABYTES]
    return int(bool(bad))


def read_damaged(count: int, seed: int) -> dict[str, Any]:
    """Reads so many damaged files in a process of its own, prints every fault and returns a row."""
    folder = Path(os.environ.get("MDPZOO_DATA") or Path(__file__).resolve().parents[1] / "../shared/data")
    data = str(folder) if (folder / "tsplib").is_dir() else None
    told = in_a_process(_batch, data, seed, count)
    if not told:
        raise SystemExit("the process that read the damaged files died")
    for fault in told["faults"]:
        print(fault)
    row = {"files": count, "seed": seed, "data": data is not None, "refused": told["refused"]}
    return row | {"slowest": told["slowest"], "megabytes": told["megabytes"], "faults": len(told["faults"])}


if __name__ == "__main__":
    sys.exit(main())
