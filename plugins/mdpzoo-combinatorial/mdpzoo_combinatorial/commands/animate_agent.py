"""``mdpzoo animate``: a GIF or a film of an agent that constructs a solution, choice by choice.

A command of its own and no option of ``solve``: there a solver searches, here any agent plays an environment.
"""

import contextlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

import mdpzoo
from mdpzoo import registry
from mdpzoo.errors import SettingError, unknown
from mdpzoo.files import check_folder
from mdpzoo_combinatorial.files.hostile_text import write_atomically
from mdpzoo_combinatorial.files.reading import read_instance
from mdpzoo_combinatorial.instances import Instance
from mdpzoo_combinatorial.instances.generators import generate
from mdpzoo_combinatorial.problems import PROBLEMS

IDS = {record.id: name for name, record in PROBLEMS.items()}
SIZE = 30  # of a random instance


def animate(
    subject: Annotated[str, typer.Argument(help="An instance file, or an id such as mdpzoo/CVRP-v0: a random one.")],
    out: Annotated[Path, typer.Option(help="The animation: a file that ends in .gif or .mp4.")],
    agent: Annotated[str | None, typer.Option(help="An agent's id, a run's folder or a saved agent.")] = None,
    form: Annotated[str, typer.Option(help="What the agent observes: direct or bq.")] = "direct",
    size: Annotated[int | None, typer.Option(min=1, help="Nodes, customers or items of a random instance.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Seed of a random instance and the agent.")] = 0,
    frames: Annotated[int, typer.Option(min=2, max=500, help="At most so many; choices between are left out.")] = 120,
    seconds: Annotated[float, typer.Option(min=0.1, max=600, help="How long it plays.")] = 8.0,
    threads: Annotated[int, typer.Option(min=1, help="Threads that torch may use.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value, for programs.")] = False,
) -> None:
    """Show how an agent constructs a solution. Example: mdpzoo animate berlin52.tsp --agent bq-nco --out tour.gif

    The picture is the solution so far in either form. The agent is nearest-neighbour where none is named, greedy-ratio
    for a knapsack. An .mp4 needs the extra video.
    """
    encode = _encoder(out)
    instance = _instance(subject, size, seed)
    name = agent or PROBLEMS[instance.problem].rule
    with contextlib.redirect_stdout(sys.stderr):  # whatever an agent prints, no program reads
        import torch

        from mdpzoo_combinatorial.render.animation import construct, frames_of
        from mdpzoo_combinatorial.render.canvas import Canvas

        Canvas((600, 600))  # complains of what is not installed before anything is computed
        torch.set_num_threads(threads)
        env = mdpzoo.make(PROBLEMS[instance.problem].id, form=form, instance=instance)
        made = construct(env, _agent(name, env, seed), instance, seed)
        pictures = frames_of(made, frames, f"{instance.name}: {Path(name).name}")
        content = encode(pictures, seconds)
    write_atomically(out, content)
    told = {
        "problem": instance.problem,
        "instance": instance.name,
        "agent": name,
        "objective": instance.objective(made.solution),
        "choices": len(made.parts) - 1,
        "frames": len(pictures),
        "bytes": len(content),
        "file": str(out),
    }
    sentence = (
        f"{instance.name}: {told['objective']:,.10g} by {name}, {told['choices']} choices in {len(pictures)} frames"
    )
    print(json.dumps(told) if as_json else f"{sentence}: {out}")  # noqa: T201


def _encoder(out: Path) -> Callable[[Any, float], bytes]:
    """What makes the file; refuses, before anything is computed, what could not be written after it."""
    from mdpzoo_combinatorial.render.animation import encoder_of

    encode = encoder_of(out)
    check_folder(out)
    return encode


def _instance(subject: str, size: int | None, seed: int) -> Instance:
    """The instance of a file, or a random one of the problem that an id names."""
    if subject in IDS:
        return generate(IDS[subject], 1, SIZE if size is None else size, seed)[0]
    if subject.startswith("mdpzoo/") and not Path(subject).exists():
        raise unknown("combinatorial environment", subject, IDS, "mdpzoo list environments")
    if size is not None:
        raise SettingError(f"--size {size} is for random instances, {subject!r} is a file; leave it out")
    return read_instance(subject)


def _agent(name: str, env: Any, seed: int) -> Any:
    """Loads a saved or a pretrained agent, or makes a new one."""
    if Path(name).exists():
        return mdpzoo.load_agent(name, env)
    if registry.agent(name).load is not None:
        return mdpzoo.load_agent(name, env)
    return mdpzoo.make_agent(name, env, seed=seed)
