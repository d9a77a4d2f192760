"""Tables of environments: every state that can be reached, found by trying every action."""
