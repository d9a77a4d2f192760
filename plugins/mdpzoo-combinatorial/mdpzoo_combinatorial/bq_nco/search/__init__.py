"""Search with a network: decodings of whole batches, from greedy construction to random re-construction."""
