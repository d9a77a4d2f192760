"""Learners of latent MDPs: one counting record, one tree of histories, one optimistic pass over it."""
