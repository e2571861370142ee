"""Answers that staff are offered: each file judges the facts of an order and writes one answer, or none."""
