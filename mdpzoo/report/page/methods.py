"""A paragraph for a paper: what was run, how often, for how long, with which versions, and how it was evaluated."""

from collections import Counter
from collections.abc import Iterable, Sequence

from mdpzoo.report.figures.number_text import seconds
from mdpzoo.report.records import Results, RunRecord

SHOWN = ("mdpzoo", "gymnasium", "stable-baselines3", "torch", "numpy")  # versions, and all plugins'


def methods_paragraph(results: Results) -> str:
    """Returns the paragraph, plain text."""
    runs = [run for run in results.runs if run.failure is None]
    agents, environments = _listed(results.agents, "agent"), _listed(results.environments, "environment")
    sentences = [
        f"We ran {agents} in {environments}, {_seeds(results)}, {_steps(runs)}.",
        _evaluation(runs),
        _statistics(results),
        _failures(results),
        _effort(runs),
        _versions(runs),
    ]
    return " ".join(each for each in sentences if each)


def _listed(names: Sequence[str], what: str) -> str:
    if len(names) > 8:
        return f"{len(names)} {what}s ({', '.join(names)})"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else f"no {what}"


def _seeds(results: Results) -> str:
    counts = {len({run.seed for run in runs}) for runs in results.groups.values()}
    every = sorted({run.seed for run in results.runs})
    told = f"{counts.pop()}" if len(counts) == 1 else f"{min(counts)} to {max(counts)}"
    named = f" ({_ranges(every)})" if len(every) <= 100 else ""
    return f"with {told} {'seed' if told == '1' else 'seeds'} each{named}"


def _ranges(numbers: Sequence[int]) -> str:
    """``0–4, 7`` for 0, 1, 2, 3, 4 and 7."""
    parts: list[list[int]] = []
    for each in numbers:
        if parts and each == parts[-1][-1] + 1:
            parts[-1].append(each)
        else:
            parts.append([each])
    return ", ".join(f"{part[0]}–{part[-1]}" if len(part) > 2 else ", ".join(map(str, part)) for part in parts)


def _steps(runs: Iterable[RunRecord]) -> str:
    counts = sorted({int(run.steps_asked or run.steps) for run in runs})
    if not counts:
        return "of which none has ended"
    told = f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,}"
    return f"for {told} environment steps each"


def _evaluation(runs: Sequence[RunRecord]) -> str:
    evaluated = [run.evaluations for run in runs if run.evaluations is not None and len(run.evaluations.steps)]
    if not evaluated:
        return "Scores are mean returns of training episodes over the last tenth of training."
    counts = Counter(int((each.steps == each.steps[-1]).sum()) for each in evaluated)
    usual = counts.most_common(1)[0][0]
    return f"A run’s score is the mean return of its last evaluation ({usual} episode{'s' * (usual != 1)})."


def _statistics(results: Results) -> str:
    if all(len(runs) < 2 for runs in results.groups.values()):
        return "There is one seed each, so that no intervals are given."
    sentence = "Means over seeds have 95 % intervals midway between Student’s and those of the studentised bootstrap"
    if any(results.truth(each).scale for each in results.environments):
        sentence += (
            "; interquartile means are of scores normalised between uniformly random actions (0) and the optimum (1), "
            "with intervals of the bootstrap stratified by environment"
        )
    return f"{sentence}."


def _failures(results: Results) -> str:
    failed = sum(run.failure is not None for run in results.runs)
    unfinished = sum(run.status == "unfinished" for run in results.runs)
    told = [
        f"{count} of {len(results.runs)} runs {what}"
        for count, what in ((failed, "failed and are left out"), (unfinished, "had not ended"))
        if count
    ]
    return f"{' and '.join(told)}." if told else ""


def _effort(runs: Sequence[RunRecord]) -> str:
    times = [run.cpu_seconds for run in runs if run.cpu_seconds is not None]
    machines = Counter(run.versions["cpu"] for run in runs if run.versions.get("cpu"))
    where = f" on {machines.most_common(1)[0][0]}" if machines else ""
    return f"All runs took {seconds(sum(times))} of CPU time{where}." if times else ""


def _versions(runs: Sequence[RunRecord]) -> str:
    found: dict[str, set[str]] = {}
    for run in runs:
        for name, version in run.versions.items():
            if name in SHOWN or name.startswith("mdpzoo-") or name == "python":
                found.setdefault(name, set()).add(version)
    order = ["python", *SHOWN, *sorted(found.keys() - {"python", *SHOWN})]
    told = [f"{name} {' and '.join(sorted(found[name]))}" for name in order if name in found]
    return f"Versions: {', '.join(told)}." if told else ""
