"""Files of random instances with near-optimal solutions by an expert, for imitation.

What differs from the paper (Drakulic et al. 2023, section 5): its labels come from Concorde, LKH and EA4OP; these come
from this package's compiled searches and its exact knapsack solver, so that weights trained on them are free of other
licences. Any other solver of the registry can be used instead; ``lkh`` is for non-commercial use only.
"""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mdpzoo.errors import InstanceError, SettingError
from mdpzoo.files import replacing
from mdpzoo_combinatorial.bq_nco.states.batching import batch_of, size_of
from mdpzoo_combinatorial.bq_nco.states.problems import PROBLEMS, problem_named
from mdpzoo_combinatorial.bq_nco.states.remainders import Batch
from mdpzoo_combinatorial.instances.generators import generate
from mdpzoo_combinatorial.problems import PROBLEMS as RECORDS
from mdpzoo_combinatorial.problems import ProblemRecord, record_named, resolve

CHUNK = 256  # instances per file; an interrupted run loses at most one file
OWN = "own"
FIELDS = ("numbers", "resource", "coordinates", "unit", "costs", "tolerance")  # of a ``Batch``
STORED_AS = {"coordinates": "places"}  # names in files, where they differ
NARROW = {"numbers": np.float32, "sequence": np.int16}  # types in files


@dataclass(frozen=True)
class Labels:
    """Instances of one problem and size with a near-optimal solution of each; validated when created.

    Attributes:
        problem: its name.
        batch: K instances of n tokens.
        sequence: ``[K, M]`` int64: tours of all n nodes from any node (TSP, ATSP; M = n), actions ``2 * customer +
            via_depot`` (CVRP; M = n - 1), visited nodes (OP) or chosen items (Knapsack), padded with -1.
    """

    problem: str
    batch: Batch
    sequence: Tensor

    def __post_init__(self) -> None:
        """Raises InstanceError if shapes do not match, a number is not finite, or a row is not a solution."""
        if self.problem not in PROBLEMS:
            raise InstanceError(f"labels are of the unknown problem {self.problem!r}")
        problem, count, size = PROBLEMS[self.problem], len(self.batch), self.batch.size
        _check_shapes(self)
        length = size - problem.record.depot
        if tuple(self.sequence.shape) != (count, length) or count < 1 or size < 3:
            raise InstanceError(
                f"labels of {self.problem} with {size} tokens need a sequence [{count}, {length}], "
                f"got {list(self.sequence.shape)}"
            )
        tokens = torch.div(self.sequence, problem.action_variants, rounding_mode="floor")
        ordered = tokens.sort(1).values
        first = size - length  # a depot cannot be chosen
        if not problem.shrinks and not bool((ordered == torch.arange(first, size)).all()):
            raise InstanceError(f"labels have a solution that does not visit each of its {length} nodes once")
        wrong = ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any() | (ordered >= size).any()
        wrong |= ((ordered >= 0) & (ordered < first)).any()
        if problem.shrinks and bool(wrong):
            raise InstanceError(f"labels have a solution with a repeated token or one outside 0..{size - 1}")

    def __len__(self) -> int:
        return len(self.sequence)

    def rows(self, chosen: Any) -> "Labels":
        """Returns some of the labels, by a slice or by indices."""
        return Labels(self.problem, self.batch.rows(chosen), self.sequence[chosen])

    @property
    def solutions(self) -> list[list[int]]:
        """Solutions as each instance's ``objective`` expects them."""
        rows = [row[row >= 0].tolist() for row in self.sequence]
        return [RECORDS[self.problem].solution(row) for row in rows]


def make_labels(
    problem: str,
    count: int,
    size: int,
    *,
    seed: int,
    expert: str = OWN,
    iterations: int | None = None,
    seconds: float | None = None,
    **options: Any,
) -> Labels:
    """Draws random instances and solves each.

    Args:
        problem: one of the five.
        count: number of instances, at least 1.
        size: nodes (TSP, ATSP), customers (CVRP, OP) or items of each instance.
        seed: of instances and searches.
        expert: ``"own"``: this package's search, or dynamic programming; else a solver of the registry.
        iterations: of our own search, for each instance; None: the
            record's number times the tokens.
        seconds: time limit of another solver for each instance; None: no limit.
        **options: of ``generate``, for the random instances.

    Raises:
        SettingError: a value is out of range, or a name is unknown.
    """
    record = record_named(problem)
    learning = record.learning
    if count < 1 or size < learning.smallest:
        least = f"at least 1 instance of at least {learning.smallest}"
        raise SettingError(f"labels of {record.name} need {least}, got {count} of {size}")
    instances = generate(record.name, count, size, seed, **options)
    batch = batch_of(instances, exact=False)
    if expert == OWN:
        kicks = learning.iterations * batch.size if iterations is None else iterations
        found = own_solutions(record, instances, kicks, seed)
    else:
        found = registry_solutions(instances, expert, seconds, seed)
    return Labels(record.name, batch, torch.from_numpy(np.asarray(found, np.int64)))


def own_solutions(record: ProblemRecord, instances: list[Any], iterations: int, seed: int) -> NDArray[np.int64]:
    """Returns ``Labels.sequence`` by this package's search or, if there is none, by the record's exact solver.

    Raises:
        SettingError: if the problem has neither.
    """
    if record.learning.expert is not None:
        return np.asarray(resolve(record.learning.expert)(instances, iterations, seed), np.int64)
    if record.exact is None:
        raise SettingError(f"{record.name} has no expert of this package; name a solver, or train with expert='self'")
    return registry_solutions(instances, record.exact, None, seed)


def registry_solutions(instances: list[Any], solver: str, seconds: float | None, seed: int) -> NDArray[np.int64]:
    """Returns ``Labels.sequence`` by a solver of the registry."""
    from mdpzoo_combinatorial.baselines.registry import solve

    rows = []
    for each in instances:
        solution = solve(each, solver, seconds=seconds, seed=seed).solution
        record = RECORDS[each.problem]
        rows.append(solution if record.closed else record.actions(solution))
    found = np.full((len(rows), size_of(instances[0]) - RECORDS[instances[0].problem].depot), -1, np.int64)
    for row, solution in zip(found, rows, strict=True):
        row[: len(solution)] = solution
    return found


def write_labels(
    folder: str | Path,
    problem: str,
    count: int,
    size: int,
    *,
    seed: int,
    jobs: int = 1,
    report: Callable[[int], None] | None = None,
    **settings: Any,
) -> None:
    """Writes labels in files of 256 instances; existing files are kept, so that an interrupted run can be resumed.

    Args:
        folder: created if it does not exist; use one folder for each size and seed.
        problem: as in ``make_labels``.
        count: total number of instances, rounded up to complete files.
        size: as in ``make_labels``.
        seed: file k is drawn from ``(seed, k)``, so that instances can be added later.
        jobs: number of parallel processes, at least 1.
        report: called after each file with the number of instances so far.
        **settings: further arguments of ``make_labels``.
    """
    kind, folder = problem_named(problem), Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    names = {k: folder / f"{kind.name.lower()}{size}-{k:05d}.npz" for k in range(-(-count // CHUNK))}
    missing = {k: name for k, name in names.items() if not name.exists()}
    present = len(names) - len(missing)
    if jobs <= 1:
        for k, name in missing.items():
            _make_chunk(name, kind.name, size, seed, k, settings)
            present += 1
            _tell(report, present)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        tasks = [pool.submit(_make_chunk, name, kind.name, size, seed, k, settings) for k, name in missing.items()]
        for task in as_completed(tasks):
            task.result()
            present += 1
            _tell(report, present)


def _tell(report: Callable[[int], None] | None, chunks: int) -> None:
    if report is not None:
        report(CHUNK * chunks)


def _make_chunk(target: Path, problem: str, size: int, seed: int, index: int, settings: dict[str, Any]) -> None:
    """Writes one file atomically."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    chunk_seed = int(np.random.SeedSequence([seed, index]).generate_state(1)[0])
    labels = make_labels(problem, CHUNK, size, seed=chunk_seed, **settings)
    write_chunk(target, labels)


def write_chunk(target: Path, labels: Labels, **notes: float | str) -> None:
    """Writes labels atomically, with notes that ``read_labels`` ignores."""
    parts = {name: getattr(labels.batch, name) for name in FIELDS} | {"sequence": labels.sequence}
    arrays = {name: each.numpy() for name, each in parts.items() if each is not None}
    arrays = {STORED_AS.get(name, name): each.astype(NARROW.get(name, each.dtype)) for name, each in arrays.items()}
    with replacing(target) as beside, beside.open("wb") as file:
        np.savez_compressed(file, problem=np.array(labels.problem), **arrays, **notes)  # type: ignore[arg-type]


def read_labels(path: str | Path, most: int | None = None) -> Labels:
    """Reads one file, or every file of a folder, written by ``write_labels``.

    Args:
        path: a file or a folder.
        most: maximum number of instances, in complete files; None: all.

    Raises:
        InstanceError: if there are no files, a file is damaged, or the files are of different problems or sizes.
    """
    path = Path(path)
    files = sorted(path.glob("*.npz")) if path.is_dir() else [path] if path.suffix == ".npz" else []
    if not files:
        raise InstanceError(f"{path} has no labels; pass a folder or a .npz file of write_labels")
    chunks = [_read_chunk(each) for each in files[: None if most is None else -(-most // CHUNK)]]
    first = chunks[0]
    for name, chunk in zip(files, chunks, strict=False):
        if chunk.problem != first.problem or chunk.batch.size != first.batch.size:
            raise InstanceError(f"{path} holds labels of several problems or sizes, {name.name} for one: keep one each")
    batch = Batch(**{name: _concatenate([getattr(each.batch, name) for each in chunks]) for name in FIELDS})
    return Labels(first.problem, batch, torch.cat([each.sequence for each in chunks]))


def _concatenate(parts: list[Tensor | None]) -> Any:
    return None if parts[0] is None else torch.cat([each for each in parts if each is not None])


def _read_chunk(path: Path) -> Labels:
    """Reads and validates one file."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            problem = str(data["problem"])
            stored = {name: STORED_AS.get(name, name) for name in (*FIELDS, "sequence")}
            arrays = {name: data[key] for name, key in stored.items() if key in data.files}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise InstanceError(f"{path} is not a file of labels: {error}") from error
    if not {"numbers", "resource", "sequence"} <= arrays.keys():
        raise InstanceError(f"{path} is not a file of labels: numbers, resource or sequence is missing")
    wide = {
        name: np.int64 if name == "sequence" else np.float64 for name in ("numbers", "resource", "unit", "sequence")
    }
    tensors = {name: torch.from_numpy(each.astype(wide.get(name, each.dtype))) for name, each in arrays.items()}
    sequence = tensors.pop("sequence")
    return Labels(problem, Batch(**tensors), sequence)


def _check_shapes(labels: Labels) -> None:
    """Raises InstanceError if an array of the batch is missing, has another shape, or is not finite."""
    batch, problem = labels.batch, PROBLEMS[labels.problem]
    amounts = len(problem.record.observation.amounts)
    shape = tuple(batch.numbers.shape)
    if len(shape) != 3 or shape[2] != amounts:
        raise InstanceError(f"labels of {labels.problem} need numbers [K, n, {amounts}], got {list(shape)}")
    count, size = shape[:2]
    needed = {"resource": (count,)} | ({"coordinates": (count, size, 2), "unit": (count,)} if problem.planar else {})
    needed |= {"costs": (count, size, size)} if problem.record.costs else {}
    for name, wanted in needed.items():
        given = getattr(batch, name)
        if given is None or tuple(given.shape) != wanted:
            text = "none" if given is None else str(list(given.shape))
            raise InstanceError(f"labels of {labels.problem} need {name} {list(wanted)}, got {text}")
    for name in FIELDS:
        given = getattr(batch, name)
        if given is not None and not bool(torch.isfinite(given).all()):
            raise InstanceError(f"labels have a number in {name} that is not finite")
