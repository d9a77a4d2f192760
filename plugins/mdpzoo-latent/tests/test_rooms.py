"""The arrows between rooms, and what each room may import."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "mdpzoo_latent"
MAY = {  # room: rooms that it may import
    "environments": set(),
    "planning": set(),
    "beliefs": {"planning"},
    "learners": {"planning"},
    "pictures": {"planning", ""},
    "commands": {"planning"},
}


@pytest.mark.parametrize("room", MAY)
def test_a_room_imports_only_what_lies_below_it(room):
    found = set()
    for path in (PACKAGE / room).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mdpzoo_latent."):
                parts = node.module.split(".")
                found.add(parts[1] if len(parts) > 2 else "")
    assert found - {room} <= MAY[room]


def test_no_environment_imports_torch_or_a_planner():
    for path in (PACKAGE / "environments").glob("*.py"):
        assert "torch" not in path.read_text()
        assert "planning" not in path.read_text()
