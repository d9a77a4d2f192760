"""Jupyter: a notebook in which environments, models, evaluations and studies show themselves.

The notebook is made with nbformat and executed with nbclient, as on a server without a browser. Open the file that it
writes in any Jupyter.

    python notebook.py river.ipynb
"""

# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "mdpzoo[report]", "mdpzoo-example", "mdpzoo-sb3", "stable-baselines3==2.9.2", "torch==2.13.0",
#     "nbformat==5.11.1", "nbclient==0.11.0", "ipykernel==7.4.0",
# ]
# ///

import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

TAG = re.compile(r"<style>.*?</style>|<[^>]*>", re.DOTALL)
CELLS = [
    "import mdpzoo\nfrom mdpzoo.experiments.evaluation import evaluate\nfrom mdpzoo.planning import solve_discounted",
    "model = mdpzoo.make('mdpzoo/RiverSwim-v0').unwrapped.rules\nmodel",
    "solve_discounted(model, discount=0.99)",
    "envs = mdpzoo.make_sb3('mdpzoo/RiverSwim-v0', 8)\n"
    "agent = mdpzoo.make_agent('q-learning', envs, initial_value=10.0, discount=0.95, seed=0)\n"
    "envs.seed(1_000)\n"
    "evaluate(agent, envs, 16)",
    "agent.learn(20_000)\nenvs.seed(1_000)\nevaluate(agent, envs, 16)",
]


def main() -> None:
    """Makes, executes and writes the notebook, and prints what its cells show, without the HTML around it."""
    cells = [new_markdown_cell("# RiverSwim"), *map(new_code_cell, CELLS)]
    notebook = new_notebook(cells=cells)
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "river.ipynb")
    nbformat.write(notebook, path)
    shown = [(cell.source, output.data) for cell in notebook.cells[1:] for output in cell.outputs if "data" in output]
    for source, data in shown:
        words = TAG.sub(" ", data.get("text/html", "no HTML")).split()
        print(f"{source.splitlines()[-1]} shows:", " ".join(words)[:120])
    if len(shown) != 4 or not all("<table" in data.get("text/html", "") for _, data in shown):
        raise SystemExit("a result does not show itself as a table")


if __name__ == "__main__":
    main()
