"""``mdpzoo animate``: writes a GIF or a video of an agent that constructs a solution, choice by choice.

This is not an option of ``solve``, since there a solver searches, whereas here any agent acts in an environment.
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
    subject: Annotated[
        str, typer.Argument(help="An instance file, or an id such as mdpzoo/CVRP-v0 for a random instance.")
    ],
    out: Annotated[Path, typer.Option(help="File of the animation, .gif or .mp4.")],
    agent: Annotated[
        str | None, typer.Option(help="Id of an agent, folder of a run, or file of a saved agent.")
    ] = None,
    form: Annotated[str, typer.Option(help="Form of the environment, direct or bq.")] = "direct",
    size: Annotated[int | None, typer.Option(min=1, help="Nodes, customers or items of a random instance.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Seed of a random instance and the agent.")] = 0,
    frames: Annotated[
        int, typer.Option(min=2, max=500, help="Maximum number of frames; if there are more choices, some are skipped.")
    ] = 120,
    seconds: Annotated[float, typer.Option(min=0.1, max=600, help="Duration of the animation.")] = 8.0,
    threads: Annotated[int, typer.Option(min=1, help="Threads that torch may use.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value, for programs.")] = False,
) -> None:
    """Show how an agent constructs a solution. Example: mdpzoo animate berlin52.tsp --agent bq-nco --out tour.gif

    The frames show the partial solution, in either form. The default agent is nearest-neighbour, or greedy-ratio for a
    knapsack. Writing an .mp4 needs the extra video.
    """
    encode = _encoder(out)
    instance = _instance(subject, size, seed)
    name = agent or PROBLEMS[instance.problem].rule
    with contextlib.redirect_stdout(sys.stderr):  # keeps what an agent prints out of the JSON
        import torch

        from mdpzoo_combinatorial.render.animation import construct, frames_of
        from mdpzoo_combinatorial.render.canvas import Canvas

        Canvas((600, 600))  # raises early if a package is not installed
        torch.set_num_threads(threads)
        env = mdpzoo.make(PROBLEMS[instance.problem].id, form=form, instance=instance)
        construction = construct(env, _agent(name, env, seed), instance, seed)
        pictures = frames_of(construction, frames, f"{instance.name}: {Path(name).name}")
        content = encode(pictures, seconds)
    write_atomically(out, content)
    result = {
        "problem": instance.problem,
        "instance": instance.name,
        "agent": name,
        "objective": instance.objective(construction.solution),
        "choices": len(construction.parts) - 1,
        "frames": len(pictures),
        "bytes": len(content),
        "file": str(out),
    }
    sentence = (
        f"{instance.name}: {result['objective']:,.10g} by {name}, {result['choices']} choices in {len(pictures)} frames"
    )
    print(json.dumps(result) if as_json else f"{sentence}: {out}")  # noqa: T201


def _encoder(out: Path) -> Callable[[Any, float], bytes]:
    """Returns the function that encodes the frames; raises early if the file cannot be written."""
    from mdpzoo_combinatorial.render.animation import encoder_of

    encode = encoder_of(out)
    check_folder(out)
    return encode


def _instance(subject: str, size: int | None, seed: int) -> Instance:
    """Returns the instance in a file, or a random instance of an environment's problem."""
    if subject in IDS:
        return generate(IDS[subject], 1, SIZE if size is None else size, seed)[0]
    if subject.startswith("mdpzoo/") and not Path(subject).exists():
        raise unknown("combinatorial environment", subject, IDS, "mdpzoo list environments")
    if size is not None:
        raise SettingError(f"--size {size} is for random instances, but {subject!r} is a file; leave --size out")
    return read_instance(subject)


def _agent(name: str, env: Any, seed: int) -> Any:
    """Loads a saved or pretrained agent, or creates a new one."""
    if Path(name).exists():
        return mdpzoo.load_agent(name, env)
    if registry.agent(name).load is not None:
        return mdpzoo.load_agent(name, env)
    return mdpzoo.make_agent(name, env, seed=seed)
