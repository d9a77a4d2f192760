"""Reads and writes instances and solutions; ``read_instance`` detects the format, ``read_tour`` is for TSPLIB95."""

from mdpzoo_combinatorial.files.reading import read_instance
from mdpzoo_combinatorial.files.solution_files import read_solution, write_solution
from mdpzoo_combinatorial.files.tours import read_tour, write_tour
from mdpzoo_combinatorial.files.tsplib_instances import read_tsplib

__all__ = ["read_instance", "read_solution", "read_tour", "read_tsplib", "write_solution", "write_tour"]
