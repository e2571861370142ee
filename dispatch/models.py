"""Warehouse and last mile. Waves, vehicles and routes come with the planner; picking works on the order's lines."""
