"""Looks into built wheels: what must be there is, and no test is.

python .ci/wheel_contents.py DIST CHECKOUT
"""

import sys
import zipfile
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath

DATA = (".safetensors", ".json", ".md", ".typed", ".template", ".npz", ".csv")  # what packages carry besides code
FIELDS = ("Name", "Version", "Summary", "License-Expression", "License-File", "Requires-Python", "Keywords")
VERSIONS = [f"Programming Language :: Python :: 3.{minor}" for minor in (11, 12, 13, 14)]


def faults(wheel: Path, checkout: Path) -> list[str]:
    """Returns a sentence for each thing that is wrong with a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        names = [PurePosixPath(name) for name in archive.namelist()]
        metadata = next(name for name in names if name.match("*.dist-info/METADATA"))
        headers = HeaderParser().parsestr(archive.read(str(metadata)).decode())
    found = [f"it carries the test {name}" for name in names if is_test(name)]
    found += [f"its metadata has no {field}" for field in FIELDS if not headers[field]]
    classifiers = headers.get_all("Classifier") or []
    found += [f"its metadata has no classifier {each!r}" for each in VERSIONS if each not in classifiers]
    project = checkout if headers["Name"] == "mdpzoo" else checkout / "plugins" / headers["Name"]
    package = project / headers["Name"].replace("-", "_")
    wanted = [path for path in package.rglob("*") if path.suffix in (".py", *DATA) and "__pycache__" not in path.parts]
    found += [f"it lacks {path.name}" for path in wanted if PurePosixPath(path.relative_to(project)) not in names]
    return found


def is_test(name: PurePosixPath) -> bool:
    """Whether a file of a wheel is a test."""
    return name.parts[0] == "tests" or name.name == "conftest.py" or (name.suffix == ".py" and name.stem[:5] == "test_")


def main(dist: str, checkout: str) -> None:
    """Looks into every wheel; exits with 1 if something is wrong with one."""
    wheels = sorted(Path(dist).glob("*.whl"))
    found = {wheel.name: faults(wheel, Path(checkout)) for wheel in wheels}
    for name, sentences in found.items():
        print(f"{name}: {'; '.join(sentences) or 'complete, without tests'}")  # noqa: T201
    expected = 1 + len(list(Path(checkout).glob("plugins/*/pyproject.toml")))
    if len(wheels) != expected or any(found.values()):
        sys.exit(f"{expected} complete wheels are needed")


if __name__ == "__main__":
    main(*sys.argv[1:])
