"""Public holidays of countries and their regions, as laws that count working days need them: pure lookups."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

import holidays


def public_holidays(country: str, region: str = "") -> Container[date]:
    """The days that are public holidays in all of a country, and those of the region where it is known.

    Args:
        country: ISO 3166-1 alpha-2; a country that nobody knows has none.
        region: code or own name of a state or province, as addresses have it; "" or an unknown one: the country's only.
    """
    return _Days(country, (_regions(country).get(region.strip().casefold(), ""),))


def possible_holidays(country: str, region: str) -> Container[date]:
    """As `public_holidays`; where the region is not known, a holiday of any region counts."""
    if _regions(country).get(region.strip().casefold()):
        return public_holidays(country, region)
    return _Days(country, ("", *sorted(set(_regions(country).values()))))


@dataclass(frozen=True, slots=True)
class _Days:
    country: str
    regions: tuple[str, ...]  # "" is the country without any

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and any(day in _days(self.country, region, day.year) for region in self.regions)


@cache
def _regions(country: str) -> dict[str, str]:
    """Codes by everything that a region is called, in small letters."""
    if country not in _countries():
        return {}
    known = holidays.country_holidays(country)
    named = {name.casefold(): code for name, code in known.subdivisions_aliases.items()}
    return named | {code.casefold(): code for code in known.subdivisions}


@cache
def _countries() -> frozenset[str]:
    return frozenset(holidays.list_supported_countries())


@lru_cache(2048)
def _days(country: str, region: str, year: int) -> frozenset[date]:
    if country not in _countries():
        return frozenset()
    return frozenset(holidays.country_holidays(country, subdiv=region or None, years=year))
