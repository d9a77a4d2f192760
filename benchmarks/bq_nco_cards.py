"""The tables of BQ-NCO from the cards that lie beside its checkpoints, as ``evaluate_bq_nco.py`` writes them.

python benchmarks/bq_nco_cards.py instances      # random instances, by decoding
python benchmarks/bq_nco_cards.py files          # TSPLIB, CVRPLIB and OPLib
python benchmarks/bq_nco_cards.py widths WORK    # what ``train_bq_nco_mixtures.py --work WORK`` has measured
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from science.row_printing import add_rows, show

CARDS = Path(__file__).parents[1] / "plugins/mdpzoo-combinatorial/mdpzoo_combinatorial/bq_nco/checkpoints"
SETS = {  # (card, set) of random instances -> what it is called
    ("tsp", "uniform50"): "TSP, 50",
    ("tsp", "uniform100"): "TSP, 100",
    ("tsp", "lkh100"): "TSP, 100, LKH as expert",
    ("atsp", "uniform50"): "ATSP, 50, metric",
    ("atsp", "lkh50"): "ATSP, 50, metric, LKH as expert",
    ("atsp", "heavy-tailed50"): "ATSP, 50, heavy-tailed",
    ("atsp", "nearly-symmetric50"): "ATSP, 50, nearly symmetric",
    ("atsp", "many-zeros50"): "ATSP, 50, many zeros",
    ("atsp", "metric100"): "ATSP, 100, metric",
    ("atsp", "heavy-tailed100"): "ATSP, 100, heavy-tailed",
    ("atsp", "nearly-symmetric100"): "ATSP, 100, nearly symmetric",
    ("atsp", "many-zeros100"): "ATSP, 100, many zeros",
    ("cvrp", "uniform100"): "CVRP, 100",
    ("op", "uniform50"): "OP, 50, prizes by distance",
    ("op", "uniform100"): "OP, 100, prizes by distance",
    ("op", "prizes-uniform100"): "OP, 100, uniform prizes",
    ("op", "prizes-constant100"): "OP, 100, constant prizes",
    ("knapsack", "uniform100"): "Knapsack, 100",
}
FILES = {
    ("tsp", "tsplib1000"): "TSPLIB, 201 to 1000 nodes",
    ("tsp", "tsplib200"): "TSPLIB, up to 200 nodes",
    ("cvrp", "cvrplib-ape"): "CVRPLIB A, P and E",
    ("cvrp", "cvrplib-x350"): "CVRPLIB X, up to 350 customers",
    ("op", "oplib130"): "OPLib, generations 1 and 2, up to 130 nodes",
}


def rows_of_card(card: str, name: str) -> Iterator[dict[str, Any]]:
    """Yields what a card says of one set."""
    results = json.loads((CARDS / f"{card}.json").read_text())["results"]
    yield from (each for each in results if each["set"] == name)


def instances() -> Iterator[dict[str, Any]]:
    """Yields the gap, its half-width, CPU-seconds and number of instances of every decoding of every set."""
    for (card, name), title in SETS.items():
        row: dict[str, Any] = {"set": title}
        for each in rows_of_card(card, name):
            decoding = each["decoding"].replace("+", "_")
            row |= {decoding: each["gap_percent"], f"{decoding}_half_width": each["interval_95"]}
            row[f"{decoding}_seconds"] = each["cpu_seconds_per_instance"]
            row[f"{decoding}_instances"] = each["instances"]
        if len(row) > 1:  # the set has been measured
            yield row


def files() -> Iterator[dict[str, Any]]:
    """Yields the gaps of re-construction on files with known answers."""
    for (card, name), title in FILES.items():
        for each in rows_of_card(card, name):
            row = {
                "files": title,
                "decoding": each["decoding"].replace("+", ", "),
                "count": each["instances"],
                "seconds": round(each["cpu_seconds_per_instance"]),
            }
            row |= {"gap": each["gap_percent"], "half_width": each["interval_95"], "median": each["median"]}
            worst = max(each["gaps"], key=lambda file: each["gaps"][file])
            yield row | {"worst_file": worst, "worst": each["gaps"][worst]}


def widths(work: Path) -> Iterator[dict[str, Any]]:
    """Yields the mean over all kinds of instances for every network of the comparison."""
    for path in sorted(work.glob("fits/tsp-ablation-*-measured.json")):
        row: dict[str, Any] = {"network": path.name.split("-")[2]}
        rows = json.loads(path.read_text())
        for decoding in ("greedy", "reconstruct"):
            mine = [each for each in rows if each["decoding"] == decoding]
            row[decoding] = float(np.mean([each["gap_percent"] for each in mine]))
            half_widths = np.array([each["interval_95"] for each in mine])
            row[f"{decoding}_half_width"] = float(np.sqrt((half_widths**2).sum()) / len(half_widths))
            seconds, rounds = ([each[name] for each in mine] for name in ("cpu_seconds_per_instance", "rounds"))
            row |= {f"{decoding}_seconds": float(np.mean(seconds)), f"{decoding}_rounds": float(np.mean(rounds))}
        yield row


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("instances", "files", "widths"))
    parser.add_argument("work", type=Path, nargs="?", help="the folder of train_bq_nco_mixtures.py")
    add_rows(parser)
    options = parser.parse_args()
    rows = widths(options.work) if options.what == "widths" else instances() if options.what == "instances" else files()
    show(rows, options.rows)


if __name__ == "__main__":
    main()
