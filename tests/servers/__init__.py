"""Loopback servers that speak a peer's protocol, each a process of its own."""
