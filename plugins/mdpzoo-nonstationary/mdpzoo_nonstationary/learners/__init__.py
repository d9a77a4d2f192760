"""Tabular learners: one counting record, one confidence-set function, one optimistic planner."""
