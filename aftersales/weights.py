"""Weights in what carriers send: found by the names of fields, told as they stand there, in grams where the unit is."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

GRAMS = {"g": 1.0, "gram": 1.0, "grams": 1.0, "kg": 1000.0, "kgs": 1000.0, "kgm": 1000.0, "kilogram": 1000.0}
GRAMS |= {"lb": 453.59237, "lbs": 453.59237, "pound": 453.59237, "pounds": 453.59237, "oz": 28.349523125}
_VALUES = ("value", "weight", "amount")
_UNITS = ("unit", "units", "unittext", "unitofmeasurement", "unitofmeasure", "code")
_MOST = 20  # of one payload


@dataclass(frozen=True, slots=True)
class Weight:
    """A weight as told: ``field`` is its way through the payload; ``grams`` is None where the unit isn't told."""

    field: str
    value: float
    unit: str
    grams: int | None


def weights_in(body: bytes) -> list[Weight]:
    """The weights that a JSON payload tells, without doubles; none of anything else."""
    try:
        told = json.loads(body)
    except ValueError:
        return []
    found = dict.fromkeys(_walk(told, ""))
    return list(found)[:_MOST]


def _walk(node: Any, path: str) -> Iterator[Weight]:
    if isinstance(node, list):
        for child in node:
            yield from _walk(child, path)
    if not isinstance(node, dict):
        return
    for name, child in node.items():
        way = f"{path}.{name}" if path else name
        if name.lower().endswith("weight") and (weight := _weight(way, child, node)):
            yield weight
        else:
            yield from _walk(child, way)


def _weight(field: str, told: Any, beside: dict[str, Any]) -> Weight | None:
    if isinstance(told, list) and len(told) == 1:
        told = told[0]
    unit = ""
    if isinstance(told, dict):
        lower = {name.lower(): value for name, value in told.items()}
        unit = next((str(lower[name]) for name in _UNITS if isinstance(lower.get(name), str)), "")
        if isinstance(lower.get("unitofmeasurement"), dict):
            unit = str(lower["unitofmeasurement"].get("code", ""))
        told = next((lower[name] for name in _VALUES if name in lower), None)
    else:
        named = {name.lower().replace("_", ""): value for name, value in beside.items()}
        unit = str(next((named[name] for name in ("weightunit", "weightuom", "unitofweight") if name in named), ""))
    value = _number(told)
    if value is None or value <= 0:
        return None
    factor = GRAMS.get(unit.strip().lower())
    return Weight(field, value, unit.strip(), round(value * factor) if factor else None)


def _number(told: Any) -> float | None:
    if isinstance(told, bool) or not isinstance(told, int | float | str):
        return None
    try:
        return float(told)
    except ValueError:
        return None
