"""Webhooks out: merchants are told of events at addresses that they choose."""
