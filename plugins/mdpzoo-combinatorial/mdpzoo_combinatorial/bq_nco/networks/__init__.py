"""Networks that score what is left to solve: ours, the paper's, and the weights that its authors published."""

from mdpzoo_combinatorial.bq_nco.networks.kinds import NetworkSettings, make_network, network_settings

__all__ = ["NetworkSettings", "make_network", "network_settings"]
