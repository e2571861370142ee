"""Whom a person lets tell them by neither number nor mailbox: their browsers, and merchants' mini-programmes."""
