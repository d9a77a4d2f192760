"""Which modules of a package import which: for the tests that look at the arrows between modules and rooms."""

import ast
from graphlib import TopologicalSorter


class ImportGraph:
    """The modules of one package; imports that only type checkers see do not count.

    Attributes:
        names: files by dotted name.
    """

    def __init__(self, root):
        """Finds the modules below a package's folder."""
        self.root, self.package = root, root.name
        files = sorted(root.rglob("*.py"))
        self.names = {self._dotted(file): file for file in files}

    def room(self, module):
        """The folder of a module, from the package's own."""
        return self.names[module].parent.relative_to(self.root).as_posix()

    def imported(self, module, deferred=True):
        """Modules that a module imports, within functions too where ``deferred``."""
        nodes = [ast.parse(self.names[module].read_text())]
        while nodes:
            node = nodes.pop()
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                continue
            if isinstance(node, ast.FunctionDef) and not deferred:
                continue
            nodes += ast.iter_child_nodes(node)
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == self.package:
                for each in node.names:
                    inner = f"{node.module}.{each.name}"
                    yield inner if inner in self.names else node.module

    def refuse_circles_of_rooms(self):
        """Raises CycleError, which names the circle, if imports between folders form one."""
        arrows = {}
        for module in self.names:
            others = {self.room(other) for other in self.imported(module)} - {self.room(module)}
            arrows[self.room(module)] = arrows.get(self.room(module), set()) | others
        list(TopologicalSorter(arrows).static_order())

    def refuse_circles_of_modules(self, deferred, with_packages):
        """Raises CycleError if imports between modules form a circle.

        Args:
            deferred: whether imports within functions count.
            with_packages: whether ``__init__`` modules count.
        """
        counted = {name for name, file in self.names.items() if with_packages or file.stem != "__init__"}
        arrows = {name: set(self.imported(name, deferred)) & counted - {name} for name in counted}
        list(TopologicalSorter(arrows).static_order())

    def crowded_folders(self, most):
        """Folders that hold more modules than ``most``, ``__init__`` included, and how many."""
        counts = {folder: len(list(folder.glob("*.py"))) for folder in {file.parent for file in self.names.values()}}
        return {folder.name: count for folder, count in counts.items() if count > most}

    def _dotted(self, file):
        parts = (self.package, *file.relative_to(self.root).with_suffix("").parts)
        return ".".join(parts).removesuffix(".__init__")
