"""How many cases the rules of after-sales judge a second, from stored facts to a verdict that can be stored.

Returns, claims, delays and orders are made with a fixed seed: most are plain, some hit each rule. A case is built from
its facts (JSON as the database gives it), goes through all rules of its kind in the order of their priority, and its
facts are written again. The reference is the same without rules: what reading and writing the facts costs.
"""

import argparse
import json
import random
from collections import Counter
from typing import Any

from aftersales.rules.base import CASES
from bench.report import middle, seconds, tell
from logistics_portal.kernel.discover import discover

ROUNDS = 5
GOAL = 5000.0


def made(count: int, seed: int) -> list[tuple[str, dict[str, Any]]]:
    chance = random.Random(seed)
    makers = {"return": _return, "claim": _claim, "delay": _delay, "order": _order}
    names = chance.choices(list(makers), weights=[3, 1, 1, 5], k=count)
    return [(name, json.loads(json.dumps(makers[name](chance)))) for name in names]


def _money(chance: random.Random, most: int) -> str:
    return f"{chance.randint(100, most * 100) / 100:.2f}"


def _return(chance: random.Random) -> dict[str, Any]:
    return {
        "reason": chance.choice(["too_small", "changed_mind", "damaged", "not_as_described"]),
        "days_since_delivery": chance.choice([None, *range(45)]),
        "return_days": 30,
        "value": _money(chance, 700),
        "auto_approve": chance.random() < 0.9,
        "auto_approve_up_to": "500.00",
        "all_returnable": chance.random() < 0.97,
        "earlier_returns": int(chance.expovariate(0.4)),
        "legal_basis": "eu_withdrawal" if chance.random() < 0.1 else "",
        "resolution": chance.choice(["refund", "refund", "exchange"]),
        "keep_goods_up_to": "15.00",
        "earlier_kept": int(chance.expovariate(2)),
        "evidence": [f"{chance.getrandbits(256):064x}" for _ in range(chance.randint(0, 3))],
    }


def _claim(chance: random.Random) -> dict[str, Any]:
    status = chance.choice(["delivered", "delivered", "exception", "in_transit"])
    return {
        "kind": chance.choice(["not_received", "not_received", "damaged", "missing_item"]),
        "value": _money(chance, 300),
        "status": status,
        "reason": chance.choice(["", "", "carrier_parcel_lost", "carrier_damaged_parcel", "weather_delay"]),
        "is_carriers_word": chance.random() < 0.9,
        "days_since_delivery": chance.randint(0, 40) if status == "delivered" else None,
        "proof": chance.choice(["", "name", "signature", "code"]),
        "km_to_address": chance.choice([None, 0.8, 3.1, 240.5]),
        "answer": chance.choice(["", "", "", "not_here", "has_it"]),
        "refund_lost": True,
        "earlier_by_customer": int(chance.expovariate(2)),
        "earlier_by_phone": int(chance.expovariate(2)),
        "earlier_by_address": int(chance.expovariate(2)),
        "evidence": [f"{chance.getrandbits(256):064x}" for _ in range(12)],
    }


def _delay(chance: random.Random) -> dict[str, Any]:
    return {
        "promised_on": "2026-10-05",
        "arrived_on": f"2026-10-{chance.randint(1, 20):02}",
        "days_late": chance.randint(-3, 15),
        "delay_days": 3,
        "delay_percent": "50.00",
        "shipping_total": _money(chance, 12),
        "currency": "EUR",
        "refundable": _money(chance, 200),
    }


_PLACES = [
    ("Lindenstraße 12", "Berlin", "10969", "DE", True, ""),
    ("Lindenstraße", "Berlin", "10969", "DE", True, ""),
    ("10 Rue de Rivoli", "Paris", "75001", "FR", True, ""),
    ("10 Rue de Rivoli", "Paris", "7501", "DE", False, "FR"),
    ("南京东路100号", "上海", "", "CN", True, ""),
    ("Herengracht 1", "Amsterdam", "1015 BA", "NL", True, ""),
    ("350 5th Ave", "New York", "10118-0110", "US", True, ""),
]


def _order(chance: random.Random) -> dict[str, Any]:
    line1, city, postal_code, country, is_known, elsewhere = chance.choice(_PLACES)
    return {
        "line1": line1,
        "line2": "",
        "city": city,
        "postal_code": postal_code,
        "country": country,
        "is_city_known": is_known,
        "city_elsewhere": elsewhere,
        "address_failures": int(chance.random() < 0.02),
        "is_phone_proved": chance.random() < 0.7,
        "phone_doubt": "bounced" if chance.random() < 0.02 else "",
        "does_merchant_prove": chance.random() < 0.5,
        "twins": [{"number": "A-1000", "hours_before": 0.2, "has_same_address": True}]
        if chance.random() < 0.03
        else [],
        "lines": [
            {"sku": f"SKU-{n}", "name": f"Thing {n}", "sold": chance.randint(1, 500), "returned": chance.randint(0, 60)}
            for n in range(chance.randint(1, 5))
        ],
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--cases", type=int, default=20_000)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    found = discover("aftersales.rules", "Rule").values()
    rules = sorted(found, key=lambda rule: (rule.priority, rule.code))
    for_case = {name: [rule for rule in rules if rule.judges is kind] for name, kind in CASES.items()}
    cases = made(given.cases, given.seed)
    spoken: Counter[str] = Counter()

    def judge_all() -> None:
        spoken.clear()
        for name, facts in cases:
            case = CASES[name].from_facts(facts)
            verdicts = [(rule, verdict) for rule in for_case[name] if (verdict := rule.judge(case)) is not None]
            case.as_facts()
            spoken.update(rule.code for rule, _ in verdicts)

    def read_and_write_all() -> None:
        for name, facts in cases:
            CASES[name].from_facts(facts).as_facts()

    judged = given.cases / middle([seconds(judge_all) for _ in range(ROUNDS)])
    bare = given.cases / middle([seconds(read_and_write_all) for _ in range(ROUNDS)])
    silent = sorted(rule.code for rule in rules if not spoken[rule.code])
    tell("rules", judged, "cases/s", goal=GOAL, rules=len(rules), cases=given.cases, silent_rules=silent)
    tell("rules_beside_facts", judged, "cases/s", reference=bare)


if __name__ == "__main__":
    main()
