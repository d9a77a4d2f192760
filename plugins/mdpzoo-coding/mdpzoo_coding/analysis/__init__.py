"""The capacity of a policy for messages, and their detectability."""
