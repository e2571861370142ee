"""Land and borders to draw a parcel's way upon: Natural Earth at 1:50,000,000, which is in the public domain."""

from .land import UNITS, WORLD, Window, draw, project

__all__ = ["UNITS", "WORLD", "Window", "draw", "project"]
