"""Addresses are written as the post of their country wants them."""

import pytest

from orders.postal import address_lines


@pytest.mark.parametrize(
    ("country", "city", "region", "postal_code", "lines"),
    [
        ("DE", "Berlin", "", "13355", ["1 Way", "Flat 2", "13355 Berlin"]),
        ("IT", "Roma", "RM", "00184", ["1 Way", "Flat 2", "00184 Roma, RM"]),
        ("US", "Boston", "MA", "02115", ["1 Way", "Flat 2", "Boston, MA 02115"]),
        ("US", "Boston", "", "02115", ["1 Way", "Flat 2", "Boston 02115"]),
        ("GB", "London", "", "SE22 8HD", ["1 Way", "Flat 2", "London", "SE22 8HD"]),
        ("CN", "深圳市", "广东省", "518057", ["广东省深圳市", "1 Way", "Flat 2", "518057"]),
        ("CN", "上海市", "上海市", "200031", ["上海市", "1 Way", "Flat 2", "200031"]),
        ("CN", "Shenzhen", "Guangdong", "518057", ["1 Way", "Flat 2", "518057 Shenzhen, Guangdong"]),
        ("HK", "Kowloon", "", "", ["1 Way", "Flat 2", "Kowloon"]),
    ],
)
def test_the_lines_follow_the_country(country: str, city: str, region: str, postal_code: str, lines: list[str]) -> None:
    street = {"line1": "1 Way", "line2": "Flat 2"}
    assert address_lines(**street, city=city, region=region, postal_code=postal_code, country=country) == lines


def test_what_is_empty_takes_no_line() -> None:
    assert address_lines(line1="1 Way", line2="", city="Kyiv", region="", postal_code="", country="UA") == [
        "1 Way",
        "Kyiv",
    ]
