"""The merchants of the demo, what they sell, and which carriers they give their parcels to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from .people import Person, living_in
from .places import CITIES, Place


@dataclass(frozen=True, slots=True)
class Good:
    sku: str
    name: str
    price: Decimal
    weight_g: int
    on_hand: int
    gtin: str
    is_returnable: bool = True


@dataclass(frozen=True, slots=True)
class Road:
    """How parcels go to some countries: with which carrier, and whose payloads tell of them."""

    carrier: str
    teller: str
    countries: tuple[str, ...]
    service: str = ""


@dataclass(frozen=True, slots=True)
class OwnWords:
    """A message in the merchant's own words, in the merchant's own language."""

    kind: str
    channel: str
    text: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Shop:
    slug: str
    name: str
    country: str
    language: str
    currency: str
    color: str
    warehouse: Place
    prefix: str
    support_phone: str
    shipping: Decimal
    goods: tuple[Good, ...]
    roads: tuple[Road, ...]
    auto_approve_up_to: int = 500
    keep_goods_up_to: int = 0
    policy: Mapping[str, object] = field(default_factory=dict)  # further fields of the merchant's policy
    own_words: tuple[OwnWords, ...] = ()
    macros: Mapping[str, str] = field(default_factory=dict)  # what staff send often, by name

    @property
    def website(self) -> str:
        return f"https://{self.slug}.example"

    @property
    def logo(self) -> Path:
        """Where its logo lies, if it has one."""
        return Path(__file__).with_name("logos") / f"{self.slug}.png"

    @property
    def customers(self) -> list[Person]:
        return living_in(*(country for road in self.roads for country in road.countries))

    def road_to(self, person: Person, turn: int) -> Road:
        """The roads to a country take turns."""
        fitting = [road for road in self.roads if person.place.country in road.countries]
        return fitting[turn % len(fitting)]


def gtin(prefix: str, number: int) -> str:
    """A GTIN-13 with its check digit, in a range of numbers for use inside a company."""
    body = f"{prefix}{number:0{12 - len(prefix)}d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return f"{body}{-total % 10}"


def _goods(start: int, *rows: tuple[str, str, str, int, int]) -> tuple[Good, ...]:
    return tuple(
        Good(sku, name, Decimal(price), weight, on_hand, gtin("200", start + number))
        for number, (sku, name, price, weight, on_hand) in enumerate(rows)
    )


SHOPS = (
    Shop(
        slug="nordlicht",
        name="Nordlicht Outfitters",
        country="DE",
        language="de",
        currency="EUR",
        color="#17594a",
        warehouse=CITIES["Hamburg"],
        prefix="NL",
        support_phone="+493023125042",
        shipping=Decimal("4.90"),
        goods=_goods(
            1000,
            ("NL-JKT-M", "Regenjacke „Sylt“, Größe M", "149.00", 620, 34),
            ("NL-JKT-L", "Regenjacke „Sylt“, Größe L", "149.00", 650, 3),
            ("NL-PCK-28", "Wanderrucksack 28 l", "119.90", 1100, 41),
            ("NL-BTL-1", "Thermosflasche 1 l", "34.50", 480, 120),
            ("NL-SOK-2", "Merinosocken, 2 Paar", "24.90", 140, 210),
            ("NL-TNT-2", "Zelt für zwei Personen", "329.00", 2900, 12),
            ("NL-LMP-1", "Stirnlampe, aufladbar", "59.00", 95, 4),
            ("NL-KNF-1", "Taschenmesser", "42.00", 110, 60),
        ),
        roads=(
            Road("dhl", "dhl", ("DE",), "EXPRESS EASY"),
            Road("ups", "ups", ("DE", "AT"), "UPS Standard"),
            Road("dhl", "aftership", ("AT", "GB"), "DHL Paket International"),
            Road("ups", "seventeentrack", ("GB", "FR"), "UPS Standard"),
        ),
        auto_approve_up_to=200,
        policy={
            "return_by": "label",
            "return_address": "Nordlicht Outfitters\nRetouren\nAm Sandtorkai 30\n20457 Hamburg",
            "delay_percent": 50,
        },
        macros={
            "Dank für Geduld": "Guten Tag {customer},\ndanke für Ihre Geduld mit {order}. Stand jetzt: {status}.",
            "Nachbar": "Guten Tag {customer},\nwir haben DHL gebeten, beim Nachbarn zu klingeln. Alles Weitere: {link}",
        },
        own_words=(
            OwnWords("shipped", "sms", "Moin{% if name %} {{ name }}{% endif %}! {{ order }} ist los: {{ link }}"),
            OwnWords(
                "delivered",
                "sms",
                "{{ merchant }}: Ihr Paket ist da. Viel Freude damit! Passt etwas nicht? {{ link }}",
            ),
            OwnWords(
                "refund_paid",
                "email",
                "wir haben Ihnen {{ amount }} erstattet. Je nach Bank dauert es ein bis drei Tage.\n\n"
                "Ihr Team von {{ merchant }} in Hamburg",
                subject="{{ amount }} sind auf dem Weg zu Ihnen",
            ),
        ),
    ),
    Shop(
        slug="jadeharbor",
        name="Jade Harbor 玉港",
        country="CN",
        language="zh-hans",
        currency="CNY",
        color="#0f766e",
        warehouse=CITIES["深圳"],
        prefix="YG",
        support_phone="+8675500000000",
        shipping=Decimal("12.00"),
        goods=_goods(
            2000,
            ("YG-TEA-01", "武夷山大红袍 250克", "268.00", 320, 80),
            ("YG-CUP-04", "景德镇青瓷茶杯四只装", "198.00", 900, 26),
            ("YG-SLK-02", "桑蚕丝围巾", "459.00", 150, 2),
            ("YG-EAR-01", "无线蓝牙耳机", "329.00", 210, 140),
            ("YG-PWR-20", "充电宝 20000毫安", "149.00", 410, 95),
            ("YG-FAN-01", "手持小风扇", "69.00", 180, 5),
            ("YG-BAG-03", "帆布双肩包", "239.00", 700, 47),
        ),
        roads=(
            Road("sf_express", "kuaidi100", ("CN",), "顺丰标快"),
            Road("yto", "kuaidi100", ("CN",), "圆通速递"),
            Road("zto", "kuaidi100", ("CN",), "中通快递"),
            Road("dhl", "dhl", ("DE", "FR"), "EXPRESS WORLDWIDE"),
            Road("ems_cn", "seventeentrack", ("DE",), "国际小包"),
        ),
        auto_approve_up_to=1000,
        policy={
            "return_days": 14,
            "return_by": "code",
            "return_address": "玉港退货组\n深圳市南山区科技南路8号\n518057",
            "first_reply_hours": 4,
        },
    ),
    Shop(
        slug="mapleandmain",
        name="Maple & Main",
        country="US",
        language="en",
        currency="USD",
        color="#9a3412",
        warehouse=CITIES["Portland"],
        prefix="MM",
        support_phone="+12075550142",
        shipping=Decimal("6.95"),
        goods=_goods(
            3000,
            ("MM-SYR-500", "Maple syrup, dark, 500 ml", "18.50", 780, 160),
            ("MM-BLK-Q", "Wool blanket, queen", "129.00", 2100, 18),
            ("MM-MUG-2", "Stoneware mugs, set of two", "38.00", 820, 52),
            ("MM-SKL-10", "Cast iron skillet, 10 in", "54.00", 2400, 23),
            ("MM-CND-3", "Beeswax candles, set of three", "27.00", 450, 4),
            ("MM-APR-1", "Linen apron", "46.00", 260, 39),
            ("MM-BRD-1", "Maple cutting board", "72.00", 1500, 1),
            ("MM-SPN-1", "Maple spoon", "9.50", 40, 88),
        ),
        roads=(
            Road("ups", "ups", ("US",), "UPS Ground"),
            Road("fedex", "fedex", ("US",), "FedEx Home Delivery"),
            Road("usps", "usps", ("US",), "Priority Mail"),
            Road("usps", "easypost", ("US",), "Ground Advantage"),
        ),
        keep_goods_up_to=12,
        policy={
            "return_days": 45,
            "warranty_days": 365,
            "return_address": "Maple & Main Returns\n12 Wharf Street\nPortland, ME 04101",
        },
    ),
)
