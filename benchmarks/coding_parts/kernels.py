"""Speed and quality of couplings, encoders and the coder."""

import heapq
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from mdpzoo_coding import Coder, compress, exact_coupling, greedy_coupling, minimum_entropy_coupling, profile_bound

SIZES = (4, 10, 100, 1_000, 10_000)
GUARANTEE = np.log2(np.e) / np.e


def seconds(work: Callable[[], Any], least: float = 0.2, repeats: int = 5) -> float:
    """Returns CPU-seconds of one call: the best of some repetitions, each at least so long."""
    work()
    began = time.process_time()
    work()
    count = max(1, int(least / max(time.process_time() - began, 1e-7)))
    best = np.inf
    for _ in range(repeats if count > 1 else 1):
        began = time.process_time()
        for _ in range(count):
            work()
        best = min(best, (time.process_time() - began) / count)
    return float(best)


def plain_heaps(p: np.ndarray, q: np.ndarray) -> dict[tuple[int, int], float]:
    """The greedy coupling by two heaps of Python's heapq: a reference for where the peer cannot be had."""
    heaps = [[(-mass, k) for k, mass in enumerate(each.tolist()) if mass > 0] for each in (p, q)]
    for each in heaps:
        heapq.heapify(each)
    made = {}
    while all(heaps):
        (a, i), (b, j) = (heapq.heappop(each) for each in heaps)
        made[i, j] = -max(a, b)
        if a < b:
            heapq.heappush(heaps[0], (a - b, i))
        elif b < a:
            heapq.heappush(heaps[1], (b - a, j))
    return made


def couplings(peer: Any) -> list[dict[str, Any]]:
    """Greedy couplings of Dirichlet(1) pairs, ours and the peer's in one run."""
    generator, rows = np.random.default_rng(0), []
    for size in (*SIZES, 1_000_000):
        p, q = generator.dirichlet(np.ones(size)), generator.dirichlet(np.ones(size))
        ours = seconds(lambda p=p, q=q: greedy_coupling(p, q))
        row = {"size": size, "seconds": ours, "entropy": greedy_coupling(p, q).entropy}
        if size <= 10_000:
            row["plain_seconds"] = seconds(lambda p=p, q=q: plain_heaps(p, q))
            if peer is not None:
                row["peer_seconds"] = seconds(lambda p=p, q=q: peer(p, q, sparse=True))
                row["ratio"] = row["peer_seconds"] / ours
        rows.append(row)
    return rows


def exact(pairs: int = 1000) -> list[dict[str, Any]]:
    """Gaps to the optimum on small random pairs."""
    rows = []
    for law in ("Dirichlet(1)", "multiples of 1/20"):
        generator, gaps = np.random.default_rng(1), []
        for _ in range(pairs // 2):
            n, m = generator.integers(2, 5, size=2)
            p, q = (generator.dirichlet(np.ones(k)) for k in (n, m))
            if law != "Dirichlet(1)":
                p, q = (generator.multinomial(20, each) / 20 for each in (p, q))
            least = exact_coupling(p, q).entropy
            greedy, best = greedy_coupling(p, q).entropy, minimum_entropy_coupling(p, q).entropy
            assert profile_bound(p, q) <= least + 1e-9 <= best + 2e-9 <= greedy + 3e-9
            gaps.append((greedy - least, best - least))
        greedy_gaps, best_gaps = np.array(gaps).T
        assert greedy_gaps.max() <= GUARANTEE
        means = {"greedy_mean": greedy_gaps.mean(), "greedy_max": greedy_gaps.max()}
        rows.append(
            {"law": law, "pairs": len(gaps), **means, "best_mean": best_gaps.mean(), "best_max": best_gaps.max()}
        )
    return rows


def compression() -> list[dict[str, Any]]:
    """Speed of the encoders, and the published bound on a thousand priors."""
    generator, worst = np.random.default_rng(0), 0.0
    for _ in range(1000):
        p = generator.dirichlet(np.full(int(generator.integers(2, 60)), generator.choice([0.3, 1.0, 5.0])))
        rate = generator.uniform(0, -(p[p > 0] * np.log2(p[p > 0])).sum())
        second = np.sort(p)[-2]
        bound = -second * np.log2(second) - (1 - second) * np.log2(1 - second)
        worst = max(worst, (rate - compress(p, rate).entropy) / bound)
    rows: list[dict[str, Any]] = [{"what": "largest loss over the published bound, 1000 priors", "value": worst}]
    for size in (4096, 1_000_000):
        p = generator.dirichlet(np.ones(size))
        rate = -0.7 * (p * np.log2(p)).sum()
        for method in ("ebim", "improved", "quantise"):
            work = lambda p=p, rate=rate, method=method: compress(p, rate, method)  # noqa: E731
            rows.append({"size": size, "method": method, "seconds": seconds(work), "left": rate - work().entropy})
    return rows


def coder(repeats: int = 5) -> list[dict[str, Any]]:
    """Microseconds of one end's step with five blocks of 256: couple, sample and update; the best of some repetitions.

    CPU time, which other processes on the same cores lengthen all the same.
    """
    rows = []
    for name, settings in (
        ("plain", {}),
        ("noise 0.01", {"noise": 0.01}),
        ("rate 3 bits", {"rate": 3.0}),
        ("noise 0.01, rate 3 bits", {"noise": 0.01, "rate": 3.0}),
    ):
        _conversations(settings, 2)  # compiles
        spent, steps = zip(*(_conversations(settings, 30) for _ in range(repeats)), strict=True)
        rows.append({"settings": name, "microseconds": 1e6 * min(spent) / steps[0], "steps": steps[0] / 30})
    return rows


def _conversations(settings: dict[str, Any], count: int) -> tuple[float, int]:
    """CPU-seconds and steps of so many messages of five bytes."""
    generator, spent, steps = np.random.default_rng(0), 0.0, 0
    for _ in range(count):
        end, message = Coder([256] * 5, **settings), tuple(generator.integers(256, size=5).tolist())
        chances = generator.beta(3, 3, size=2000)
        began = time.process_time()
        for chance in chances:
            end.couple(np.array((chance, 1 - chance)))
            end.update(end.sample(message, generator))
            steps += 1
            if end.doubt() < 1e-6:
                break
        spent += time.process_time() - began
    return spent, steps
