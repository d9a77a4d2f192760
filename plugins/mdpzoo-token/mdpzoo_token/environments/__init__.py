"""Decision processes whose actions are tokens, batched on tensors, each with an exact verifier."""
