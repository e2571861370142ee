"""How messages are sent."""
