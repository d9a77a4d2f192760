from graphlib import CycleError

import pytest

from tests.import_graph import ImportGraph


@pytest.fixture
def graph(tmp_path):
    """A package from texts by file name."""

    def build(files):
        for name, text in files.items():
            path = tmp_path / "zoo" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return ImportGraph(tmp_path / "zoo")

    return build


def test_a_circle_of_modules_is_seen_where_its_imports_count(graph):
    late = graph({"a.py": "from zoo.b import x", "b.py": "def f():\n    from zoo.a import y"})
    late.refuse_circles_of_modules(deferred=False, with_packages=True)
    with pytest.raises(CycleError):
        late.refuse_circles_of_modules(deferred=True, with_packages=True)


def test_a_circle_for_type_checkers_alone_is_none(graph):
    graph(
        {"a.py": "from zoo.b import x", "b.py": "if TYPE_CHECKING:\n    from zoo.a import y"}
    ).refuse_circles_of_rooms()


def test_a_circle_of_rooms_is_seen_though_modules_form_none(graph):
    rooms = graph({"r/a.py": "from zoo.s.b import x", "s/b.py": "", "s/c.py": "from zoo.r import d", "r/d.py": ""})
    rooms.refuse_circles_of_modules(deferred=True, with_packages=True)
    with pytest.raises(CycleError):
        rooms.refuse_circles_of_rooms()


def test_a_crowded_folder_is_named(graph):
    assert graph({f"r/m{k}.py": "" for k in range(3)}).crowded_folders(2) == {"r": 3}
