"""Markdown tables of ``coding.py``, from its JSON."""

from collections.abc import Mapping
from typing import Any

HEADINGS = {
    "couplings": ("Greedy couplings, Dirichlet(1) pairs", "the peer is ssokota/mec's Python path, sparse, in one run"),
    "exact": ("Bits above the optimum, small random pairs", "the guarantee for greedy is 0.5307"),
    "compression": ("Encoders at 0.7 of the prior's entropy", "bits left of the budget"),
    "coder": ("The coder, five blocks of 256, one end's step", ""),
    "sending": ("Texts through CartPole-v1", ""),
    "detection": ("Standard scores of the actions' log-likelihood, 60 episodes ten times over", ""),
    "hostile": ("Mutated run files", ""),
    "trained": ("A PPO policy of Acrobot-v1 after 100,000 steps", ""),
    "games": ("MEME on CodeGrid", "greedy couplings played, 95 % intervals"),
    "rates": ("MEC-B on the bottleneck grid, 512 messages, 200 episodes each", "95 % intervals"),
    "toy": ("Reinforcement learning with a perfect receiver, one-step game", ""),
}

FIRST = [
    "what",
    "law",
    "runs",
    "ending",
    "messages",
    "log_temperature",
    "encoder",
    "rate",
    "size",
    "method",
    "settings",
]
FIRST += [
    "zeta",
    "text",
    "right",
    "value",
    "decoded",
    "of",
    "accuracy",
    "played",
    "low",
    "high",
    "exact_greedy",
    "seconds",
]


def write(kept: Mapping[str, Any]) -> None:
    """Prints a table for each part that was measured."""
    print("## Messages through actions (`python benchmarks/coding.py`)\n")
    for name, (heading, remark) in HEADINGS.items():
        if name not in kept:
            continue
        seconds = f"{kept[name]['cpu_seconds']:.0f} CPU-seconds"
        print(f"### {heading}\n\n`python benchmarks/coding.py {name}`, {seconds}{f'; {remark}' if remark else ''}.\n")
        rows = kept[name]["rows"]
        columns = sorted({column for row in rows for column in row}, key=_place)
        print("| " + " | ".join(column.replace("_", " ") for column in columns) + " |")
        print("|" + " --- |" * len(columns))
        for row in rows:
            print("| " + " | ".join(_cell(row.get(column)) for column in columns) + " |")
        print()


def _place(column: str) -> tuple[int, str]:
    """What a row is about comes first, then the rest by name."""
    return (FIRST.index(column) if column in FIRST else len(FIRST)), column


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and not isinstance(value, bool):
        return f"{value:.3g}" if abs(value) < 0.1 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
