"""The lines of an address in the order of its country."""

import re

# "Boston, MA 02115": the code follows the state.
_CODE_AFTER_REGION = frozenset({"AU", "CA", "IN", "NZ", "PR", "SG", "US"})
# "London" and below it "SE22 8HD": the code has a line of its own.
_CODE_BELOW = frozenset({"GB", "GG", "IE", "IM", "JE"})
# From the large to the small, when it is written in the script of the country.
_LARGE_FIRST = frozenset({"CN", "HK", "JP", "KR", "MO", "TW"})
_EASTERN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def address_lines(*, line1: str, line2: str, city: str, region: str, postal_code: str, country: str) -> list[str]:
    """Street, town and code as the post of ``country`` (ISO, two letters) wants them; without name and country."""
    streets = [line1, line2]
    if country in _LARGE_FIRST and _EASTERN.search(city):
        lines = [city if city.startswith(region) else region + city, *streets, postal_code]
    elif country in _CODE_BELOW:
        lines = [*streets, _joined(", ", city, region), postal_code]
    elif country in _CODE_AFTER_REGION:
        lines = [*streets, _joined(" ", _joined(", ", city, region), postal_code)]
    else:
        lines = [*streets, _joined(", ", _joined(" ", postal_code, city), region)]
    return [line for line in lines if line]


def _joined(glue: str, *parts: str) -> str:
    return glue.join(part for part in parts if part)
