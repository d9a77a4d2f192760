"""Deprecated name of ``mdpzoo_combinatorial.bq_nco.training.labels``; use the new name."""

from mdpzoo_combinatorial.former_names import redirect

__getattr__ = redirect(
    __name__, "mdpzoo_combinatorial.bq_nco.training.labels", ("Labels", "make_labels", "read_labels", "write_labels")
)
