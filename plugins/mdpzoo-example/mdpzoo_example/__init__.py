"""The tutorial's plugin: one environment, one game, one agent."""
