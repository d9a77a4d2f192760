"""Runs the recipes for other libraries, each in an environment of its own, one after the other: ``make recipes``.

    python docs/run_recipes.py                          # all that have not been run as they stand
    python docs/run_recipes.py --only torchrl_rollouts  # one
    python docs/run_recipes.py --write                  # also writes what they print into docs/other-libraries.md
    python docs/run_recipes.py --check                  # runs nothing; exits 1 if the page shows other code

A recipe names its packages in its block ``# /// script`` (PEP 723). Environments and results are kept in ``--work``, so
the same command goes on where it was stopped.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
import tomllib
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "other-libraries.md"
RECIPES = {path.stem: path for path in sorted((ROOT / "docs" / "recipes").glob("*.py"))}
OWN = {"mdpzoo": ROOT} | {path.name: path for path in (ROOT / "plugins").iterdir()}
METADATA = re.compile(r"^# /// script\n(.*?)^# ///\n", re.DOTALL | re.MULTILINE)
NAME = re.compile(r"[\w.-]+")
SHOWN = re.compile(r"(<!-- recipe: (\w+) -->\n```python\n).*?(^```\n\n```text\n)(.*?)(^```$)", re.DOTALL | re.MULTILINE)
VERSIONS = "import importlib.metadata, sys; print(*map(importlib.metadata.version, sys.argv[1:]))"


def requirements(recipe: Path) -> list[str]:
    """What a recipe needs, as in ``"optuna==5.0.0"``."""
    found = METADATA.search(recipe.read_text(encoding="utf-8"))
    assert found is not None, f"{recipe.name} has no block '# /// script'"
    text = "\n".join(line.removeprefix("#").removeprefix(" ") for line in found[1].splitlines())
    return list(tomllib.loads(text)["dependencies"])


def name_of(requirement: str) -> str:
    """The distribution that a requirement names."""
    found = NAME.match(requirement)
    assert found is not None, requirement
    return found[0]


def install(recipe: Path, folder: Path) -> Path:
    """Makes a recipe's environment, unless it is there, and returns its Python."""
    python, stamp, needed = folder / "bin" / "python", folder / "installed.json", requirements(recipe)
    if stamp.exists() and json.loads(stamp.read_text()) == needed:
        return python
    venv.create(folder, with_pip=True, clear=True)
    pip = [python, "-m", "pip", "install", "--quiet"]
    torch = [each for each in needed if name_of(each) == "torch"]
    subprocess.run([*pip, *torch], check=True)  # first: what comes later would take a larger build
    own = [each.replace(name, str(OWN[name]), 1) for each in needed if (name := name_of(each)) in OWN]
    others = [each for each in needed if name_of(each) not in {*OWN, "torch"}]
    subprocess.run([*pip, *others, *(part for path in own for part in ("--editable", path))], check=True)
    stamp.write_text(json.dumps(needed))
    return python


def run(recipe: Path, work: Path) -> dict[str, Any]:
    """Runs a recipe, unless it has been run as it stands, and returns what it printed, on which versions."""
    kept = work / f"{recipe.stem}.json"
    if kept.exists() and (found := json.loads(kept.read_text()))["code"] == recipe.read_text(encoding="utf-8"):
        return dict(found)
    python = install(recipe, work / recipe.stem)
    names = [name for each in requirements(recipe) if (name := name_of(each)) not in OWN]
    versions = subprocess.run([python, "-c", VERSIONS, *names], check=True, capture_output=True, text=True).stdout
    began = time.monotonic()
    done = subprocess.run([python, recipe], capture_output=True, text=True, cwd=work)
    done.check_returncode()
    used = [f"{name} {version}" for name, version in zip(names, versions.split(), strict=True)]
    found = {
        "code": recipe.read_text(encoding="utf-8"),
        "versions": ", ".join([f"Python {sys.version.split()[0]}", *used]),
        "printed": done.stdout,
        "seconds": round(time.monotonic() - began, 1),
    }
    kept.write_text(json.dumps(found, indent=1))
    return found


def shown(page: str, results: dict[str, dict[str, Any]]) -> str:
    """The page with the code of every recipe as it stands, and with what those that were run have printed."""

    def block(found: re.Match[str]) -> str:
        head, name, between, output, end = found.groups()
        code = METADATA.split(RECIPES[name].read_text(encoding="utf-8"))[-1].strip()
        if name in results:
            output = f"{results[name]['versions']}\n\n{results[name]['printed']}"
        return f"{head}{code}\n{between}{output}{end}"

    return SHOWN.sub(block, page)


def main() -> None:
    """Runs, and prints a row for each recipe."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=RECIPES, default=list(RECIPES))
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "mdpzoo-recipes")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    if given.check:
        page = PAGE.read_text(encoding="utf-8")
        sys.exit("other-libraries.md is out of date; run: make recipes" if shown(page, {}) != page else 0)
    given.work.mkdir(parents=True, exist_ok=True)
    results = {}
    for name in given.only:
        try:
            found = results[name] = run(RECIPES[name], given.work)
        except subprocess.CalledProcessError as error:
            print(f"{name:<20} failed: {error}\n{(error.stderr or '')[-3_000:]}", flush=True)
            continue
        print(f"{name:<20}{found['seconds']:>7.1f} s   {found['versions']}", flush=True)
        print("".join(f"    {line}\n" for line in found["printed"].splitlines()))
    if given.write:
        PAGE.write_text(shown(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")
    sys.exit(f"{len(given.only) - len(results)} of {len(given.only)} failed" if len(results) < len(given.only) else 0)


if __name__ == "__main__":
    main()
