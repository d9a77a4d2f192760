"""Strategies of entropy control: each a module of pure functions over tensors, and a class for the loop.

from mdpzoo_token.strategies import kl_cov
losses = kl_cov.token_loss(advantages, logp, old_logp, logits, batch, percent=10)
"""
