"""Functions compiled by numba, their machine code on disk, and a clock that runs while they are compiled."""

from typing import TYPE_CHECKING

from mdpzoo.codes import lazily

if TYPE_CHECKING:
    from mdpzoo.compiling.functions import borrowing, compiled, inlined, machine_code

__all__ = ["borrowing", "compiled", "inlined", "machine_code"]
__getattr__, __dir__ = lazily(__name__, dict.fromkeys(__all__, "functions"))
