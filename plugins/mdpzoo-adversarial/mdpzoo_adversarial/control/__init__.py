"""Control games: a force that works against the controller."""
