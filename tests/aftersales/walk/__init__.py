"""A random walk of everybody who has a part in an order: what they may do, and what must hold whatever they do."""
