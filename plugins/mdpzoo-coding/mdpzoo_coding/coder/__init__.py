"""The belief about a message that sender and receiver keep in step, in integers."""
