"""Labels of the training mixtures: one set a problem, described as data, made chunk by chunk over days.

A set is a sequence of chunks. The set's seed and the number of a chunk decide its kind, its size, its instances and the
search that solves them, so that a set can be made in any order, stopped at any moment and extended later.
"""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mdpzoo.errors import SettingError, did_you_mean
from mdpzoo_combinatorial.bq_nco.states.batching import batch_of
from mdpzoo_combinatorial.bq_nco.training.labels import (
    Labels,
    own_solutions,
    read_labels,
    write_chunk,
)
from mdpzoo_combinatorial.instances.checking import at_least
from mdpzoo_combinatorial.mixtures import KINDS, draw
from mdpzoo_combinatorial.problems import PROBLEMS, record_named


@dataclass(frozen=True)
class LabelSet:
    """What is solved and how; checks itself.

    Attributes:
        problem: one of the five.
        chunks: how many, at least 1.
        kinds: relative frequency of each kind of the mixture, positive.
        sizes: smallest and largest number of nodes, customers or items; the size of a chunk is uniform between them.
        iterations: of this project's own search, by token; not read for Knapsack, which is solved exactly.
        seed: in ``[0, 2**63)``.
        instances: in a chunk, at least 1.
    """

    problem: str
    chunks: int
    kinds: Mapping[str, float]
    sizes: tuple[int, int]
    iterations: int
    seed: int
    instances: int = 128

    def __post_init__(self) -> None:
        """Raises SettingError, naming the setting, its value and its range."""
        object.__setattr__(self, "problem", record_named(self.problem).name)
        object.__setattr__(self, "sizes", tuple(self.sizes))
        for name, least in (("chunks", 1), ("iterations", 0), ("seed", 0), ("instances", 1)):
            at_least(name, getattr(self, name), least)
        known = KINDS[self.problem]
        for kind, share in self.kinds.items():
            if kind not in known:
                hint = did_you_mean(kind, known) or f" Known: {', '.join(known)}."
                raise SettingError(f"unknown kind {kind!r} of {self.problem}.{hint}")
            if not share > 0:
                raise SettingError(f"the frequency of {kind} must be positive, got {share!r}")
        if not self.kinds:
            raise SettingError(f"a label set of {self.problem} needs at least one kind of {', '.join(known)}")
        least = PROBLEMS[self.problem].learning.smallest
        if len(self.sizes) != 2 or not least <= self.sizes[0] <= self.sizes[1]:
            raise SettingError(f"sizes must be two numbers, {least} <= smallest <= largest, got {list(self.sizes)}")

    def cell(self, chunk: int) -> tuple[str, int, int, int]:
        """Kind and size of a chunk, and the seeds of its instances and its search."""
        stream = np.random.SeedSequence([self.seed, chunk])
        rng, shares = np.random.default_rng(stream), np.array(list(self.kinds.values()), np.float64)
        kind = list(self.kinds)[rng.choice(len(shares), p=shares / shares.sum())]
        size = int(rng.integers(self.sizes[0], self.sizes[1] + 1))
        instances, search = (int(each >> 1) for each in stream.generate_state(2, np.uint64))
        return kind, size, instances, search

    def make(self, chunk: int) -> Labels:
        """Draws and solves the instances of a chunk."""
        kind, size, seed, search_seed = self.cell(chunk)
        instances = draw(self.problem, kind, self.instances, size, seed)
        batch = batch_of(instances, exact=False)
        found = own_solutions(PROBLEMS[self.problem], instances, self.iterations * batch.size, search_seed)
        return Labels(self.problem, batch, torch.from_numpy(np.asarray(found, np.int64)))

    def file(self, folder: Path, chunk: int) -> Path:
        """Where a chunk is kept; the name tells its kind and size."""
        kind, size, _, _ = self.cell(chunk)
        return folder / f"{self.problem.lower()}-{chunk:06d}-{kind}-{size}.npz"

    def missing(self, folder: Path) -> list[int]:
        """Chunks that are not there yet, in order."""
        present = {int(each.name.split("-")[1]) for each in folder.glob(f"{self.problem.lower()}-*.npz")}
        return [chunk for chunk in range(self.chunks) if chunk not in present]

    def write(self, folder: Path, chunk: int) -> float:
        """Makes a chunk and writes its file, whole or not at all; returns the CPU-seconds, which the file notes too."""
        folder.mkdir(parents=True, exist_ok=True)
        began = time.process_time()
        labels = self.make(chunk)
        seconds = time.process_time() - began
        write_chunk(self.file(folder, chunk), labels, cpu_seconds=seconds, kind=self.cell(chunk)[0])
        return seconds


def sample(folder: Path, most: int, seed: int) -> list[Labels]:
    """Reads at most so many chunks of a folder, drawn without replacement; each is a source for ``imitate``.

    Raises:
        InstanceError: a file is damaged.
        SettingError: the folder holds no chunk.
    """
    files = sorted(folder.glob("*.npz"))
    if not files:
        raise SettingError(f"{str(folder)!r} holds no labels; write some with LabelSet.write")
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    chosen = rng.choice(len(files), min(most, len(files)), replace=False)
    return [read_labels(files[k]) for k in sorted(chosen.tolist())]


def summary(folder: Path) -> dict[str, Any]:
    """For the card: instances of each kind, and CPU-minutes that the labels took."""
    counts: Counter[str] = Counter()
    seconds = 0.0
    for file in sorted(folder.glob("*.npz")):
        with np.load(file, allow_pickle=False) as data:
            counts[str(data["kind"])] += len(data["resource"])
            seconds += float(data["cpu_seconds"])
    return {"instances": dict(counts), "cpu_minutes": round(seconds / 60, 1)}
