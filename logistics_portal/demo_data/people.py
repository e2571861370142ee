"""Customers of the demo. They are invented, and so are their addresses: the streets exist, the people don't.

Telephone numbers must be valid, or the portal would refuse the orders, and must not be anybody's. Where a regulator
keeps numbers for films and books, theirs are used: Germany (0171 39200xx, for Austria too), the United Kingdom
(020 7946 0xxx), France (01 99 00 xx xx), and North America (555-01xx). China keeps none: those are numbers whose
exchange is all zeros (+86 199 0000 0xxx), which is no guarantee. The demo shows on its own pages what it sends; with an
account at an SMS provider, don't load this world.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, product

from .places import CITIES, Place


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    phone: str
    email: str
    line1: str
    postal_code: str
    place: Place
    language: str
    line2: str = ""


_GERMAN = (
    ("Annika Petersen", "Lindenstraße 14", "20099", "Hamburg"),
    ("Jonas Weber", "Kastanienallee 82", "10435", "Berlin"),
    ("Lea Hoffmann", "Severinstraße 31", "50678", "Köln"),
    ("Maximilian Huber", "Türkenstraße 9", "80333", "München"),
    ("Sophie Richter", "Karl-Liebknecht-Straße 57", "04275", "Leipzig"),
    ("Emre Yılmaz", "Berger Straße 120", "60316", "Frankfurt"),
    ("Frieda Meyer", "Ostertorsteinweg 44", "28203", "Bremen"),
    ("Paul Zimmermann", "Louisenstraße 63", "01099", "Dresden"),
    ("Katharina Vogel", "Limmerstraße 25", "30451", "Hannover"),
    ("Ben Schulze", "Sonnenallee 201", "12059", "Berlin"),
    ("Marie Krüger", "Eppendorfer Weg 98", "20259", "Hamburg"),
    ("Tobias Lang", "Aachener Straße 300", "50933", "Köln"),
)
_AUSTRIAN = (("Johanna Gruber", "Neubaugasse 38", "1070", "Wien"), ("Lukas Pichler", "Sporgasse 12", "8010", "Graz"))
_BRITISH = (
    ("Olivia Bennett", "27 Columbia Road", "E2 7RG", "London"),
    ("George Okafor", "112 Lordship Lane", "SE22 8HD", "London"),
)
_FRENCH = (
    ("Camille Laurent", "18 rue des Martyrs", "75009", "Paris"),
    ("Hugo Moreau", "5 rue Mercière", "69002", "Lyon"),
)
_CHINESE = (
    ("林晓雨", "南山区科技园科苑路15号", "518057", "深圳", "linxiaoyu"),
    ("陈思远", "天河区体育西路103号", "510620", "广州", "chensiyuan"),
    ("王雅婷", "静安区南京西路1266号", "200040", "上海", "wangyating"),
    ("张伟", "朝阳区建国路93号", "100022", "北京", "zhangwei"),
    ("刘梦琪", "西湖区文三路478号", "310013", "杭州", "liumengqi"),
    ("赵天宇", "锦江区红星路三段1号", "610021", "成都", "zhaotianyu"),
    ("黄诗涵", "武昌区中北路86号", "430071", "武汉", "huangshihan"),
    ("周浩然", "雁塔区小寨东路11号", "710061", "西安", "zhouhaoran"),
    ("吴佳怡", "福田区深南大道2001号", "518034", "深圳", "wujiayi"),
    ("徐子墨", "浦东新区世纪大道100号", "200120", "上海", "xuzimo"),
)
_AMERICAN = (
    ("Emma Johnson", "418 Beacon St", "02115", "Boston", 617),
    ("Liam Rodriguez", "236 W 26th St", "10001", "New York", 212),
    ("Ava Thompson", "1842 N Damen Ave", "60647", "Chicago", 312),
    ("Noah Nguyen", "2730 Larimer St", "80205", "Denver", 303),
    ("Mia Carter", "1105 E 6th St", "78702", "Austin", 512),
    ("Ethan Park", "1519 Pike Pl", "98101", "Seattle", 206),
    ("Isabella Rossi", "3251 20th Ave", "94132", "San Francisco", 415),
    ("James Walker", "77 Exchange St", "04101", "Portland", 207),
    ("Charlotte Kim", "525 Newbury St", "02215", "Boston", 617),
    ("Lucas Brown", "88 Bleecker St", "10012", "New York", 212),
)


_PLAIN: dict[str | int, str | int | None] = {"ü": "ue", "ö": "oe", "ä": "ae", "ı": "i", "é": "e", "ß": "ss"}


def _mail(name: str, country: str) -> str:
    plain = name.lower().translate(str.maketrans(_PLAIN))
    return f"{plain.replace(' ', '.').replace('-', '')}@{country.lower()}.example"


def _person(row: tuple, phone: str, language: str, *, mail: str = "", line2: str = "") -> Person:
    name, line1, postal_code, city = row[:4]
    place = CITIES[city]
    has_mail = sum(phone.encode()) % 3 > 0  # some give a number only
    return Person(
        name, phone, _mail(mail or name, place.country) if has_mail else "", line1, postal_code, place, language, line2
    )


def _people() -> Iterator[Person]:
    mobile = count(4)
    for row in _GERMAN + _AUSTRIAN:
        yield _person(row, f"+49171392{next(mobile) * 7 % 100:04d}", "de")
    for row in _BRITISH:
        yield _person(row, f"+44207946{next(mobile) * 31 % 1000:04d}", "en")
    for row in _FRENCH:
        yield _person(row, f"+33199{next(mobile) * 131 % 10000:06d}", "en")
    for chinese in _CHINESE:
        yield _person(
            chinese, f"+8619900000{next(mobile) * 13 % 1000:03d}", "zh-hans", mail=chinese[4], line2="3栋502室"
        )
    for american in _AMERICAN:
        yield _person(american, f"+1{american[4]}55501{next(mobile) * 17 % 100:02d}", "en", line2="Apt 4B")


PEOPLE = tuple(_people())


def living_in(*countries: str) -> list[Person]:
    return [person for person in PEOPLE if person.place.country in countries]


def endlessly(people: list[Person]) -> Iterator[Person]:
    """One after the other, and again: the same people order more than once."""
    return (person for _, person in product(count(), people))
