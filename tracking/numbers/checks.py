"""The check digits that carriers use: whether ``digit`` is the one that ``serial`` asks for.

Each check takes its constants from the format that names it, and tolerates any serial of letters A-Z and digits.
"""

from collections.abc import Callable, Mapping, Sequence

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_UPS_VALUES = {
    character: int(character) if character.isdigit() else (ord(character) - 3) % 10 for character in _ALPHABET
}
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


def mod10(
    serial: str,
    digit: str,
    *,
    evens_multiplier: int = 1,
    odds_multiplier: int = 1,
    reverse: bool = False,
    plus: int = 0,
) -> bool:
    """A weighted sum filled up to the next ten. Positions count from 0; letters count as UPS has it."""
    values = [_UPS_VALUES[character] for character in (reversed(serial) if reverse else serial)]
    total = plus + sum(values[::2]) * evens_multiplier + sum(values[1::2]) * odds_multiplier
    return digit == str(-total % 10)


def mod7(serial: str, digit: str) -> bool:
    """What remains when the serial is divided by seven."""
    return serial.isdigit() and digit == str(int(serial) % 7)


def luhn(serial: str, digit: str) -> bool:
    """Every second digit from the right counts twice, with its own digits added up (ISO/IEC 7812-1)."""
    if not serial.isdigit():
        return False
    total = 0
    for position, character in enumerate(reversed(serial)):
        value = int(character) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digit == str(-total % 10)


def s10(serial: str, digit: str, *, weightings: Sequence[int] = _S10_WEIGHTS) -> bool:
    """The check digit of the Universal Postal Union's standard S10."""
    if not serial.isdigit():
        return False
    total = sum(int(character) * weight for character, weight in zip(serial, weightings, strict=False))
    check = 11 - total % 11
    return digit == str({10: 0, 11: 5}.get(check, check))


def sum_product_with_weightings_and_modulo(
    serial: str, digit: str, *, weightings: Sequence[int], modulo1: int, modulo2: int
) -> bool:
    """A weighted sum, taken by two moduli one after the other (FedEx)."""
    if not serial.isdigit():
        return False
    total = sum(int(character) * weight for character, weight in zip(serial, weightings, strict=False))
    return digit == str(total % modulo1 % modulo2)


def mod_37_36(serial: str, digit: str) -> bool:
    """ISO/IEC 7064, MOD 37,36: a check character of 36 (DPD)."""
    rest = 36
    for character in serial:
        rest += _VALUES[character]
        rest = (rest - 36 if rest > 36 else rest) * 2 % 37
    return digit == _ALPHABET[(37 - rest) % 36]


Check = Callable[..., bool]

CHECKS: Mapping[str, Check] = {
    check.__name__: check for check in (mod10, mod7, luhn, s10, sum_product_with_weightings_and_modulo, mod_37_36)
}
