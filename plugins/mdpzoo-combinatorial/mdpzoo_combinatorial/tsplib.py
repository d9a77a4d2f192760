"""Files of instances and tours, from one place: ``read_instance`` for any format, the others for TSPLIB95 alone."""

from mdpzoo_combinatorial.reading import read_instance
from mdpzoo_combinatorial.tours import read_tour, write_tour
from mdpzoo_combinatorial.tsplib_instances import read_tsplib

__all__ = ["read_instance", "read_tour", "read_tsplib", "write_tour"]
