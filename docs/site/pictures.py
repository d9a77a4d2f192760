"""Draws an animation of an episode for each environment that renders, into docs/pictures.

    python docs/site/pictures.py                    # those that are missing
    python docs/site/pictures.py mdpzoo/TSP-v0      # these anew

The files are kept in the repository, since MuJoCo's pictures need an OpenGL library that a documentation build lacks
(here: ``MUJOCO_GL=egl``). Each environment is drawn in a process of its own: without OpenGL, MuJoCo ends the process.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
import random_play
import tables
from PIL import Image

import mdpzoo
from mdpzoo.experiments.players import ready_agent

FOLDER = Path(__file__).resolve().parents[1] / "pictures"
STEPS, FRAMES, SIDE, MILLISECONDS = 100, 24, 260, 250
PLAYERS = {  # who plays what random actions would show badly
    "mdpzoo/TSP-v0": "nearest-neighbour",
    "mdpzoo/ATSP-v0": "nearest-neighbour",
    "mdpzoo/CVRP-v0": "nearest-neighbour",
    "mdpzoo/OP-v0": "greedy-ratio",
    "mdpzoo/Knapsack-v0": "greedy-ratio",
}


def main() -> None:
    """Draws what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*")
    parser.add_argument("--one", help="the single environment to draw in this process")
    options = parser.parse_args()
    if options.one:
        draw(options.one)
        return
    FOLDER.mkdir(exist_ok=True)
    for id in options.ids or [each for each in mdpzoo.environments() if not file_of(each).exists()]:
        done = subprocess.run([sys.executable, __file__, "--one", id], capture_output=True, text=True)
        print(id, "drawn" if done.returncode == 0 else f"left out: {(done.stderr.splitlines() or ['?'])[-1][:100]}")  # noqa: T201


def file_of(id: str) -> Path:
    """The file that an environment's animation is kept in."""
    return FOLDER / f"{tables.page_name(id)}.webp"


def draw(id: str) -> None:
    """Plays an episode and writes its pictures, evenly spaced, as one animation."""
    frames = [env.render() for env, _ in random_play.episode(id, STEPS, render_mode="rgb_array", act=_act(id))]
    chosen = [frames[at] for at in np.unique(np.linspace(0, len(frames) - 1, FRAMES).astype(int))]
    images = [_small(Image.fromarray(each)) for each in chosen]
    images[0].save(
        file_of(id), save_all=True, append_images=images[1:], duration=MILLISECONDS, loop=0, quality=70, method=6
    )


def _small(image: Image.Image) -> Image.Image:
    scale = SIDE / max(image.size)
    size = (round(image.width * scale), round(image.height * scale))
    return image.resize(size, Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.NEAREST)


def _act(id: str) -> random_play.Act | None:
    """How the player chooses that an environment is shown with; None: at random."""
    if id not in PLAYERS:
        return None
    player = ready_agent(PLAYERS[id], mdpzoo.make_sb3(id, 1), 0)
    return lambda observation: player.predict(observation, deterministic=True)[0]


if __name__ == "__main__":
    main()
