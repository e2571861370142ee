"""Where places are that carriers name: coordinates and clock zones of cities. Rather nothing than a guess."""

from .cities import Spot, called, kilometers, locate

__all__ = ["Spot", "called", "kilometers", "locate"]
