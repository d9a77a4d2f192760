"""Labels of the training mixtures: one set for each problem, described as data and created in chunks over days.

A set is a sequence of chunks. The kind, the size, the instances and the search of a chunk depend only on the set's seed
and the chunk's number, so that chunks can be created in any order, interrupted at any time, and added later.
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
    """The instances of a set and the effort of solving them; validated when created.

    Attributes:
        problem: one of the five.
        chunks: number of chunks, at least 1.
        kinds: relative frequency of each kind of the mixture, positive.
        sizes: smallest and largest number of nodes, customers or items; the size of a chunk is uniform between them.
        iterations: of this package's search, per token; not used for Knapsack, which is solved exactly.
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
        """Raises SettingError if a setting is out of range; the message names the setting, its value and its range."""
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
        """Returns kind and size of a chunk, and the seeds of its instances and its search."""
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
        """Returns the file of a chunk; its name contains kind and size."""
        kind, size, _, _ = self.cell(chunk)
        return folder / f"{self.problem.lower()}-{chunk:06d}-{kind}-{size}.npz"

    def missing(self, folder: Path) -> list[int]:
        """Returns the chunks that do not exist yet, in order."""
        present = {int(each.name.split("-")[1]) for each in folder.glob(f"{self.problem.lower()}-*.npz")}
        return [chunk for chunk in range(self.chunks) if chunk not in present]

    def write(self, folder: Path, chunk: int) -> float:
        """Creates a chunk and writes its file atomically; returns the CPU seconds, which the file contains as well."""
        folder.mkdir(parents=True, exist_ok=True)
        began = time.process_time()
        labels = self.make(chunk)
        seconds = time.process_time() - began
        write_chunk(self.file(folder, chunk), labels, cpu_seconds=seconds, kind=self.cell(chunk)[0])
        return seconds


def sample(folder: Path, most: int, seed: int) -> list[Labels]:
    """Reads a random sample of the chunks in a folder; each is a source for ``imitate``.

    Raises:
        InstanceError: if a file is damaged.
        SettingError: if the folder has no chunk.
    """
    files = sorted(folder.glob("*.npz"))
    if not files:
        raise SettingError(f"{str(folder)!r} has no labels; create some with LabelSet.write")
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    chosen = rng.choice(len(files), min(most, len(files)), replace=False)
    return [read_labels(files[k]) for k in sorted(chosen.tolist())]


def summary(folder: Path) -> dict[str, Any]:
    """Returns the number of instances of each kind, and the CPU minutes of all labels, for the model card."""
    counts: Counter[str] = Counter()
    seconds = 0.0
    for file in sorted(folder.glob("*.npz")):
        with np.load(file, allow_pickle=False) as data:
            counts[str(data["kind"])] += len(data["resource"])
            seconds += float(data["cpu_seconds"])
    return {"instances": dict(counts), "cpu_minutes": round(seconds / 60, 1)}
