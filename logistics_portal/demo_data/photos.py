"""Photos as customers take them, drawn: a box that had an accident."""

from io import BytesIO
from random import Random

from PIL import Image, ImageDraw, ImageFilter

SIZE = (1200, 900)
_TABLES = ((96, 84, 72), (118, 122, 126), (150, 138, 120))
_TOP, _FRONT, _SIDE, _TAPE, _DARK = (201, 162, 112), (178, 138, 90), (150, 113, 71), (214, 190, 148), (74, 52, 32)


def crushed_box(turn: int) -> bytes:
    """A JPEG of a crushed box, another for each ``turn``."""
    chance = Random(turn)  # noqa: S311 - a drawing, no secret
    picture = Image.new("RGB", SIZE, _TABLES[turn % len(_TABLES)])
    pen = ImageDraw.Draw(picture)
    for line in range(0, SIZE[1], 6):  # the table's grain
        shade = chance.randint(-7, 7)
        table = tuple(part + shade for part in _TABLES[turn % len(_TABLES)])
        pen.line([(0, line), (SIZE[0], line + chance.randint(-3, 3))], fill=table, width=5)
    left, top = 250 + chance.randint(-60, 60), 300 + chance.randint(-40, 40)
    pen.ellipse([(left - 40, top + 340), (left + 780, top + 520)], fill=(52, 46, 42))
    front = [(left, top + 120), (left + 480, top + 170), (left + 470, top + 470), (left + 20, top + 400)]
    side = [(left + 480, top + 170), (left + 730, top + 60), (left + 700, top + 350), (left + 470, top + 470)]
    lid = [(left, top + 120), (left + 250, top + 20), (left + 730, top + 60), (left + 480, top + 170)]
    for shape, color in ((front, _FRONT), (side, _SIDE), (lid, _TOP)):
        pen.polygon(shape, fill=color)
    pen.polygon(
        [(left + 120, top + 70), (left + 175, top + 48), (left + 660, top + 92), (left + 600, top + 118)], _TAPE
    )
    _crush(pen, chance, left, top)
    file = BytesIO()
    picture.filter(ImageFilter.GaussianBlur(1.4)).save(file, "JPEG", quality=80)
    return file.getvalue()


def _crush(pen: ImageDraw.ImageDraw, chance: Random, left: int, top: int) -> None:
    """A hole in the corner that the box fell on, and the creases around it."""
    x, y = left + 440 + chance.randint(-30, 20), top + 330 + chance.randint(-30, 30)
    hole = [(x + chance.randint(-95, 95), y + chance.randint(-70, 70)) for _ in range(9)]
    hole.sort(key=lambda at: (at[0] - x, at[1] - y))
    pen.polygon([hole[0], *hole[1::2], *reversed(hole[2::2])], fill=_DARK)
    for _ in range(7):
        end = (x + chance.randint(-210, 190), y + chance.randint(-150, 120))
        pen.line([(x, y), end], fill=(120, 88, 54), width=chance.randint(2, 5))
