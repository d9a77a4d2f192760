"""What the parts of BQ-NCO are worth, in figures: form, features, symmetries, search, sizes never trained on.

    python benchmarks/ablate_bq_nco.py --work build/bq-nco --part views
    python benchmarks/ablate_bq_nco.py --work build/bq-nco --part search
    python benchmarks/ablate_bq_nco.py --work build/bq-nco --part sizes
    python benchmarks/ablate_bq_nco.py --work build/bq-nco --figure build/bq-nco.png

``views`` fits small networks to the same labels, ``search`` and ``sizes`` take the checkpoints that are shipped. Every
part adds rows to ``ablations.json`` in the folder and measures none twice; the last command draws them.
"""

import argparse
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import torch
from evaluate_bq_nco import fresh, mean_of
from train_bq_nco import LABEL_SEED

from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.networks.kinds import network_settings
from mdpzoo_combinatorial.bq_nco.states.problem import geometry, unit_box
from mdpzoo_combinatorial.bq_nco.states.problems import GEOMETRY, TSP
from mdpzoo_combinatorial.bq_nco.states.remainders import Batch, Remainder, Tokens
from mdpzoo_combinatorial.bq_nco.training.examples import Examples
from mdpzoo_combinatorial.bq_nco.training.labels import read_labels, write_labels
from mdpzoo_combinatorial.bq_nco.training.sampling import TOURS, Prepared
from mdpzoo_combinatorial.problems import PROBLEMS

LABELS, SIZE = 8192, 50
DECISIONS, SEEDS = 150_000, (0, 1)
TESTED = 256  # instances on which a small network is tested

solved = cache(fresh)


class DirectTSP(TSP):
    """The direct form: visited nodes stay in sight, with a flag, and the box is that of all nodes."""

    features = GEOMETRY + 1

    def tokens(self, batch: Batch, left: Remainder, *, relative: bool = True) -> Tokens:
        """Origin, destination, the nodes left, the nodes visited."""
        rows = torch.arange(len(left.node)).unsqueeze(1)
        seen = torch.ones(len(left.node), batch.size, dtype=torch.bool)
        seen[rows, left.node] = False
        gone = (~seen).to(torch.int8).argsort(dim=1, stable=True)[:, : int(seen.sum(1).max())]
        node = torch.cat((left.node, gone), 1)
        flag = torch.zeros_like(node, dtype=torch.float32)
        flag[:, left.node.shape[1] :] = 1.0
        legal = flag == 0
        legal[:, :2] = False
        assert batch.coordinates is not None
        coordinates, _ = unit_box(batch.coordinates[left.row.unsqueeze(1), node], None)
        features = torch.cat((geometry(coordinates, None), flag.unsqueeze(2)), 2)
        return Tokens(features, legal.unsqueeze(2), 2, coordinates)


def padded(source: Prepared, tokens: int, generator: torch.Generator) -> Examples:
    """The states that the quotient is shown, their labels padded to all nodes."""
    drawn = TOURS.draw(source, tokens, generator)
    whole = source.sequence.shape[1] + (int(drawn.left.node[0, 0]) == int(drawn.left.node[0, 1]))
    return drawn._replace(best=torch.nn.functional.pad(drawn.best, (0, whole - drawn.best.shape[1])))


def one_view(source: Prepared, tokens: int, generator: torch.Generator) -> Examples:
    """The same sizes without symmetries: ends of the tours as they are stored, from their first node."""
    size = source.sequence.shape[1]
    length = int(torch.randint(4, size + 2, (), generator=generator))
    count = max(1, tokens // length)
    row = torch.randint(len(source.sequence), (count,), generator=generator)
    tour = source.sequence[row]
    path = torch.cat((tour, tour[:, :1]), 1)[:, size + 1 - length :]
    node = torch.cat((path[:, :1], path[:, -1:], path[:, 1:-1]), 1)
    best = torch.zeros(count, length)
    best[:, 2] = 1.0
    batch = source.labels.batch.rows(row)
    return Examples(source.problem, batch, Remainder(torch.arange(count), node, None, batch.resource), best)


class Variant(NamedTuple):
    """One way of training, where it differs from the package's."""

    states: type[TSP] = TSP
    sampler: Callable[..., Examples] = TOURS.draw
    network: Mapping[str, Any] = MappingProxyType({})
    labels: int = LABELS
    imitation: Mapping[str, Any] = MappingProxyType({})


VIEWS = {
    "quotient, relative, all symmetries": Variant(),
    "direct form": Variant(DirectTSP, padded),
    "the paper's features": Variant(network={"relative": False, "position": "none"}),
    "no symmetries": Variant(sampler=one_view),
    "256 labels": Variant(labels=256),
    "256 labels, no symmetries": Variant(sampler=one_view, labels=256),
    "auxiliary task": Variant(imitation={"structure": 1.0}),
    "batches of 1,024 tokens": Variant(imitation={"tokens": 1024}),
    "auxiliary task, batches of 1,024 tokens": Variant(imitation={"structure": 1.0, "tokens": 1024}),
}


def fitted_and_tested(work: Path, name: str, seed: int) -> dict[str, Any]:
    """A small fit of one variant: its mean gap in percent on fresh instances, greedily to the last node."""
    states, sampler, network, count, imitation = VIEWS[name]
    write_labels(work / "labels" / f"tsp{SIZE}", "TSP", LABELS, SIZE, seed=LABEL_SEED)
    labels = read_labels(work / "labels" / f"tsp{SIZE}", count)
    instances, best = solved("TSP", SIZE, TESTED)
    learning = replace(PROBLEMS["TSP"].learning, states=states, sampler=TOURS._replace(draw=sampler))
    record = replace(PROBLEMS["TSP"], learning=learning)
    agent = BQNCO(problem=record, network=network_settings(**network), imitation=imitation, size=SIZE, seed=seed)
    began = time.process_time()
    agent.fit([labels], DECISIONS)
    spent = time.process_time() - began
    found = agent.solve(instances, "greedy", endgame=0)
    return {"variant": name, "seed": seed, "cpu_seconds": round(spent)} | mean_of(100 * (found.objective / best - 1))


def search(problem: str, count: int, decoding: str, effort: float) -> dict[str, Any]:
    """A beam of a width, or re-construction for so many seconds an instance, on fresh instances of 100."""
    instances, best = solved(problem, 100, count)
    agent = BQNCO.load(problem.lower())
    limits = {"seconds": effort * count} if decoding == "reconstruct" else {"width": int(effort)}
    agent.solve(instances[:1], "greedy")
    began = time.process_time()
    found = agent.solve(instances, decoding, **limits)  # type: ignore[arg-type]
    spent = (time.process_time() - began) / count
    row = {"problem": problem, "decoding": decoding, "effort": effort, "instances": count}
    return row | {"cpu_seconds": round(spent, 3)} | mean_of(100 * (found.objective / best - 1))


def size(problem: str, size: int, count: int, decoding: str) -> dict[str, Any]:
    """Fresh instances of a size, greedily or with a hundredth of a second of re-construction a node."""
    instances, best = solved(problem, size, count)
    limits = {"seconds": 0.01 * size * count} if decoding == "reconstruct" else {}
    began = time.process_time()
    found = BQNCO.load(problem.lower()).solve(instances, decoding, **limits)  # type: ignore[arg-type]
    spent = (time.process_time() - began) / count
    row = {"problem": problem, "size": size, "decoding": decoding, "instances": count}
    return row | {"cpu_seconds": round(spent, 3)} | mean_of(100 * (found.objective / best - 1))


Task = tuple[Callable[..., dict[str, Any]], tuple[Any, ...]]


def tasks_of(part: str, work: Path) -> dict[str, Task]:
    """What a part measures, by a name for each row."""
    if part == "views":
        asked = [(name, seed) for seed in SEEDS for name in VIEWS]
        return {f"{name}, seed {seed}": (fitted_and_tested, (work, name, seed)) for name, seed in asked}
    if part == "search":
        efforts = [("beam", width) for width in (1, 4, 16, 64)] + [("reconstruct", t) for t in (0.25, 0.5, 1, 3, 6)]
        runs = [(problem, 16, *each) for problem in ("TSP", "CVRP") for each in efforts]
        return {
            f"{problem} {kind} {effort}": (search, (problem, 16, kind, effort)) for problem, _, kind, effort in runs
        }
    sizes = {"TSP": {50: 64, 100: 64, 200: 16, 500: 8, 1000: 4}, "CVRP": {50: 16, 100: 16, 200: 8, 500: 4, 1000: 2}}
    return {
        f"{problem} {nodes} {decoding}": (size, (problem, nodes, count, decoding))
        for problem, counts in sizes.items()
        for nodes, count in counts.items()
        for decoding in ("greedy", "reconstruct")
    }


def draw(found: dict[str, dict[str, Any]], path: Path) -> None:
    """Three panels: variants of training, search at equal time, sizes."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    rows, (figure, (left, middle, right)) = list(found.values()), plt.subplots(1, 3, figsize=(13, 3.6))
    for place, name in enumerate(VIEWS):
        gaps = [(row["gap_percent"], row["interval_95"]) for row in rows if row.get("variant") == name]
        for offset, (gap, interval) in zip((-0.1, 0.1), gaps, strict=False):
            left.errorbar(gap, place + offset, xerr=interval, fmt="o", color=f"C{place}", markersize=4, capsize=2)
    left.set(yticks=range(len(VIEWS)), yticklabels=VIEWS, xlabel="gap, %", xlim=(0, None))
    left.set_title(f"TSP{SIZE} greedy after {DECISIONS:,} decisions; a point a seed", fontsize=9)
    left.invert_yaxis()
    for number, problem in enumerate(("TSP", "CVRP")):
        for decoding, style in (("beam", "s--"), ("reconstruct", "o-")):
            some = [
                row for row in rows if row.get("effort") and (row["problem"], row["decoding"]) == (problem, decoding)
            ]
            _line(middle, some, "cpu_seconds", style, f"C{number}", f"{problem}100, {decoding}")
        for decoding, style in (("greedy", "s--"), ("reconstruct", "o-")):
            some = [row for row in rows if "size" in row and (row["problem"], row["decoding"]) == (problem, decoding)]
            _line(right, some, "size", style, f"C{number}", f"{problem}, {decoding}")
    middle.set(xscale="log", xlabel="CPU-seconds an instance", ylabel="gap, %", ylim=(0, None))
    middle.set_title("search at equal time", fontsize=9)
    right.set(xscale="log", xlabel="nodes", ylabel="gap, %", ylim=(0, None))
    right.set_xticks([50, 100, 200, 500, 1000], ["50", "100", "200", "500", "1000"], minor=False)
    right.set_title("sizes; trained on up to 100 nodes", fontsize=9)
    for each in (middle, right):
        each.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def _line(axes: Any, rows: list[dict[str, Any]], across: str, style: str, colour: str, label: str) -> None:
    rows = sorted(rows, key=lambda row: row[across])
    where, gaps, intervals = ([row[name] for row in rows] for name in (across, "gap_percent", "interval_95"))
    axes.errorbar(where, gaps, yerr=intervals, fmt=style, color=colour, label=label, markersize=4, capsize=2)


def main() -> None:
    """Reads the command line, measures a part or draws all of them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for labels and results")
    parser.add_argument("--part", choices=("views", "search", "sizes"))
    parser.add_argument("--figure", type=Path, help="a picture to write: .png, .svg or .pdf")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    file = options.work / "ablations.json"
    found = json.loads(file.read_text()) if file.exists() else {}
    for name, (measure, given) in (tasks_of(options.part, options.work) if options.part else {}).items():
        if name not in found:
            found[name] = measure(*given)
            print(name, json.dumps(found[name]), flush=True)
            file.write_text(json.dumps(found, indent=1) + "\n")
    if options.figure:
        draw(found, options.figure)


if __name__ == "__main__":
    main()
