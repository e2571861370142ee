"""Makes ``formats.json`` from the published specifications: ``python -m tracking.numbers.convert FOLDER``.

FOLDER holds ``couriers/*.json`` of https://github.com/jkeen/tracking_number_data (MIT). Numbers reach our patterns
without separators, so the published patterns lose theirs, and nothing nested is left that could backtrack without end.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .checks import CHECKS

_CONSTANTS = {
    "mod10": ("evens_multiplier", "odds_multiplier", "reverse"),
    "s10": ("weightings",),
    "sum_product_with_weightings_and_modulo": ("weightings", "modulo1", "modulo2"),
}
CODES = {"amazon": "amazon_shipping", "canada_post": "canadapost"}
"""Our codes of carriers that the specifications call otherwise."""

_NAMES = {"usps": "USPS", "landmark": "Landmark Global", "s10": "Postal service"}
_URLS = {  # the published ones of these carriers are of former years
    "dhl": "https://www.dhl.com/global-en/home/tracking.html?tracking-id={number}",
    "ups": "https://www.ups.com/track?tracknum={number}",
    "fedex": "https://www.fedex.com/fedextrack/?trknbr={number}",
    "ontrac": "https://www.ontrac.com/tracking/?number={number}",
}
# Where a pattern's alternatives hide which characters every number has; "@" is a letter that varies.
_FIXED = {
    "dhl/dhl_ecommerce": "G@",
    "dhl/dhl_express_piece_id": "@@@",
    "old_dominion/old_dominion": "77",
    "usps/usps_impb_n": "94",
    "usps/usps_impb_c": "9",
    "usps/usps_legacy": "",
    "yodel/yodel": "JD",
}
# Numbers of these forms come from companies that hand their parcels to another carrier for the last mile.
_PARTNERS = {"usps/usps_impb_c": ["ups", "fedex", "dhl", "amazon_shipping", "ontrac"]}
_PART_PARTNERS = {("ups/ups", "ServiceType"): {"YW": ["usps"]}}


def convert(folder: Path) -> dict[str, Any]:
    """Our data, made of all couriers in the folder."""
    made: dict[str, Any] = {
        "source": "https://github.com/jkeen/tracking_number_data",
        "license": "MIT, Copyright (c) 2017 Jeff Keen; see LICENSE-formats",
        "carriers": {},
        "formats": [],
        "tables": {},
    }
    for path in sorted((folder / "couriers").glob("*.json")):
        courier = json.loads(path.read_text("utf-8"))
        code = CODES.get(courier["courier_code"], courier["courier_code"])
        url = next((row["tracking_url"] for row in courier["tracking_numbers"] if row.get("tracking_url")), "")
        url = _URLS.get(code) or url.replace("%s", "{number}")
        made["carriers"][code] = {"name": _NAMES.get(code, courier["name"])} | ({"url": url} if url else {})
        for row in courier["tracking_numbers"]:
            made["formats"].append(_format(code, row, made["tables"]))
    return made


def _format(carrier: str, row: dict[str, Any], tables: dict[str, Any]) -> dict[str, Any]:
    slug = row.get("id") or re.sub(r"[^a-z0-9]+", "_", row["name"].lower())
    form_id = f"{carrier}/{slug}"
    pattern = convert_pattern("".join(row["regex"]))
    made = {"id": form_id, "name": row["name"], "carrier": carrier, "pattern": pattern}
    made["fixed"] = _FIXED[form_id] if form_id in _FIXED else fixed_characters(pattern)
    validation = row["validation"]
    if checksum := validation.get("checksum"):
        name = checksum["name"]
        if name not in CHECKS:
            raise ValueError(f"{form_id} uses the check {name}, which checks.py doesn't have")
        constants = {constant: checksum[constant] for constant in _CONSTANTS.get(name, ()) if constant in checksum}
        made["check"] = {"name": name} | constants
    if prepend := validation.get("serial_number_format", {}).get("prepend_if"):
        made["prepend"] = {"when": _without_spaces(prepend["matches_regex"]), "content": prepend["content"]}
    if parts := list(_parts(form_id, row, tables)):
        made["parts"] = parts
    if form_id in _PARTNERS:
        made["partners"] = _PARTNERS[form_id]
    return made


def _without_spaces(pattern: str) -> str:
    return pattern.replace(r"\s*", "").replace(r"\s", "").replace(r"\b", "")


def convert_pattern(published: str) -> str:
    """A published pattern for numbers without separators, in Python's syntax."""
    pattern = _without_spaces(published).replace("(?<", "(?P<").replace("(?P<!", "(?<!").replace("(?P<=", "(?<=")
    pattern = re.sub(r"-(?![^\[]*\])", "", pattern).replace("[0-9]", r"\d")
    pattern = re.sub(r"\((?:\?:)?(\[[^\]]+\]|\\d)\)", r"\1", pattern)
    return re.sub(r"\{(\d+),\1\}", r"{\1}", pattern).replace("{1}", "")


def fixed_characters(pattern: str) -> str:
    """The characters that every number of a pattern without alternatives has, "@" standing for any letter."""
    rest = re.sub(r"\(\?P<\w+>|\(\?:|\(|\)|\\d(\{[\d,]+\})?|\[[^\]]*\d[^\]]*\](\{[\d,]+\})?", "", pattern)
    return re.sub(r"\[[^\]]*\](?:\{(\d+)[\d,]*\})?", lambda match: "@" * int(match[1] or 1), rest)


def _parts(form_id: str, row: dict[str, Any], tables: dict[str, Any]) -> Iterator[dict[str, Any]]:
    required = row["validation"].get("additional", {}).get("exists", [])
    for part in row.get("additional", []):
        group, first = part["regex_group_name"], part["lookup"][0]
        tells = "note"
        if "courier" in first:
            tells = "issuer"
        elif "country_short_code" in first:
            tells = "destination"
        elif part["name"] == "Service Type":
            tells = "service"
        made = {"group": group, "tells": tells, "table": _keep_table(form_id, group, tells, part["lookup"], tables)}
        if part["name"] in required:
            made["required"] = True
        if partners := _PART_PARTNERS.get((form_id, group)):
            made["partners"] = partners
        yield made


def _keep_table(form_id: str, group: str, tells: str, lookup: list[dict[str, str]], tables: dict[str, Any]) -> str:
    table: dict[str, Any] = {"exact": {row["matches"]: _meaning(tells, row) for row in lookup if "matches" in row}}
    if patterns := [[row["matches_regex"], _meaning(tells, row)] for row in lookup if "matches_regex" in row]:
        table["patterns"] = patterns
    for name, other in tables.items():
        if other == table:
            return name
    name = f"{form_id.partition('/')[2]}/{group}"
    tables[name] = table
    return name


def _meaning(tells: str, row: dict[str, str]) -> Any:
    if tells == "issuer":
        return [row["courier"].strip(), row["country"]]
    if tells == "destination":
        return row["country_short_code"]
    if tells == "note":
        return ": ".join(filter(None, (row["name"], row.get("description", ""))))
    if row["name"].isupper() and row.get("description"):  # DPD's abbreviations and the like
        return f"{row['name']} ({row['description']})"
    return row["name"]


def main() -> None:
    """Write the data made of the folder that the command line names."""
    made = convert(Path(sys.argv[1]))
    lines = [f'"{key}":{_dump(made[key])}' for key in ("source", "license")]
    for key in ("carriers", "tables"):
        rows = ",\n".join(f'"{name}":{_dump(row)}' for name, row in made[key].items())
        lines.append(f'"{key}":{{\n{rows}\n}}')
    rows = ",\n".join(_dump(row) for row in made["formats"])
    lines.append(f'"formats":[\n{rows}\n]')
    (Path(__file__).parent / "formats.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    main()
