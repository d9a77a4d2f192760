"""Near-optimal tours to imitate: uniform instances solved by this project's own iterated local search.

What differs from the paper (Drakulic et al. 2023, section 5): its million tours come from Concorde; these come from
``mdpzoo_combinatorial.local_search``, so the weights that imitate them carry nobody else's licence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor

from mdpzoo.errors import InstanceError, SettingError
from mdpzoo.files import replacing

CHUNK = 1024  # instances a file; what an interrupted run can lose


@dataclass(frozen=True)
class Labels:
    """Instances of one size and a near-optimal tour of each; checks itself.

    Attributes:
        coordinates: ``[K, N, 2]`` float32, finite.
        tours: ``[K, N]`` int64, each row a permutation of ``0..N-1``.
    """

    coordinates: Tensor
    tours: Tensor

    def __post_init__(self) -> None:
        """Raises InstanceError when shapes disagree, a number is not finite or a row is no permutation."""
        shape = tuple(self.coordinates.shape)
        if len(shape) != 3 or shape[2] != 2 or shape[0] < 1 or shape[1] < 3 or tuple(self.tours.shape) != shape[:2]:
            raise InstanceError(
                f"labels need coordinates [K, N, 2] and tours [K, N], got {list(shape)} and {list(self.tours.shape)}"
            )
        if not bool(torch.isfinite(self.coordinates).all()):
            raise InstanceError("labels hold a coordinate that is not finite")
        if not bool((self.tours.sort(1).values == torch.arange(shape[1])).all()):
            raise InstanceError(f"labels hold a tour that does not visit each of its {shape[1]} nodes once")


def make_labels(count: int, size: int, *, seed: int, iterations: int | None = None) -> Labels:
    """Draws uniform instances in the unit square and solves each by iterated local search.

    Args:
        count: how many, at least 1.
        size: nodes of each, at least 5.
        seed: decides instances and searches.
        iterations: perturbations per instance; ``5 * size`` when None (14 CPU-ms at 100 nodes, 0.1 % above LKH).

    Raises:
        SettingError: ``count`` or ``size`` is too small.
    """
    from mdpzoo_combinatorial.local_search import solve_batch  # compiled: only those who make labels wait for numba

    if count < 1 or size < 5:
        raise SettingError(f"labels need at least 1 instance of at least 5 nodes, got {count} of {size}")
    coordinates = np.random.default_rng([seed, size]).random((count, size, 2), dtype=np.float32)
    kicks = 5 * size if iterations is None else iterations
    tours, _ = solve_batch(coordinates.astype(np.float64), iterations=kicks, seed=seed)
    return Labels(torch.from_numpy(coordinates), torch.from_numpy(np.asarray(tours, dtype=np.int64)))


def write_labels(
    folder: str | Path,
    count: int,
    size: int,
    *,
    seed: int,
    iterations: int | None = None,
    report: Callable[[int], None] | None = None,
) -> None:
    """Makes labels in files of 1024 instances; a file that exists is kept, so a stopped run goes on where it was.

    Args:
        folder: created when absent; keep one size and one seed in it.
        count: how many instances in all.
        size: nodes of each.
        seed: chunk ``k`` is drawn from ``(seed, k)``: more instances later leave the first ones as they were.
        iterations: perturbations per instance, as in ``make_labels``.
        report: called with the number of instances present after each file.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(-(-count // CHUNK)):
        target = folder / f"tsp{size}-{index:05d}.npz"
        if not target.exists():
            chunk_seed = int(np.random.SeedSequence([seed, index]).generate_state(1)[0])
            labels = make_labels(min(CHUNK, count - index * CHUNK), size, seed=chunk_seed, iterations=iterations)
            _write_chunk(target, labels)
        if report is not None:
            report(min(count, (index + 1) * CHUNK))


def read_labels(path: str | Path) -> Labels:
    """Reads one file, or every file of a folder, written by ``write_labels``.

    Raises:
        InstanceError: nothing is there, a file is damaged, or the files hold several sizes.
    """
    path = Path(path)
    files = sorted(path.glob("*.npz")) if path.is_dir() else [path]
    if not files:
        raise InstanceError(f"{path} holds no labels: make some with write_labels")
    chunks = [_read_chunk(each) for each in files]
    sizes = {tours.shape[1] for _, tours in chunks if tours.ndim == 2}
    if len(sizes) != 1:
        raise InstanceError(f"{path} holds labels of several sizes {sorted(sizes)}: keep one size in a folder")
    coordinates = np.concatenate([each for each, _ in chunks]).astype(np.float32)
    tours = np.concatenate([each for _, each in chunks]).astype(np.int64)
    return Labels(torch.from_numpy(coordinates), torch.from_numpy(tours))


def _write_chunk(target: Path, labels: Labels) -> None:
    """Writes beside the target, then renames, so that a file is there whole or not at all."""
    with replacing(target) as beside, beside.open("wb") as file:
        np.savez_compressed(file, coordinates=labels.coordinates.numpy(), tours=labels.tours.numpy().astype(np.int16))


def _read_chunk(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates and tours of one file, or one sentence."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            return data["coordinates"], data["tours"]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise InstanceError(f"{path} is no file of labels: {error}") from error
