"""How a strategy is brought, found and called."""
