"""Networks that score the tokens of a state: this package's, the paper's, and the authors' published checkpoints."""

from mdpzoo_combinatorial.bq_nco.networks.kinds import NetworkSettings, make_network, network_settings

__all__ = ["NetworkSettings", "make_network", "network_settings"]
