"""Show what today's rules, or another policy, would have decided for the cases of a past time."""

from argparse import ArgumentParser
from datetime import datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date

from aftersales.services.judging import BY_CODE
from aftersales.services.simulation import SETTINGS, Simulated, Simulation, simulate
from logistics_portal.kernel.errors import Invalid
from merchants.models import Merchant


class Command(BaseCommand):
    help = (
        "Judges the returns, claims, delays and orders of a time anew and shows what changes. Reads only. "
        "Returns and claims are judged on the facts stored with their decisions, delays and orders on facts of now."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", required=True, metavar="DAY", help="the first day, for example 2026-10-01")
        parser.add_argument("--until", metavar="DAY", help="the last day (default: today)")
        parser.add_argument("--merchant", metavar="SLUG", help="cases of this merchant only")
        parser.add_argument("--rule", metavar="CODE", help="cases that this rule decides, or decided, only")
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help=f"suppose another policy; may be repeated. Names: {', '.join(SETTINGS)}",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        rule = options["rule"] or ""
        if rule and rule not in BY_CODE:
            raise CommandError(f"There is no rule “{rule}”. There are: {', '.join(sorted(BY_CODE))}.")
        try:
            told = simulate(
                since=_moment(options["since"], time.min),
                until=_moment(options["until"], time.max) if options["until"] else timezone.now(),
                merchant=_merchant(options["merchant"]),
                rule=rule,
                settings=dict(map(_setting, options["set"])),
            )
        except Invalid as error:
            raise CommandError(error.message) from error
        self._show(told)

    def _show(self, told: Simulation) -> None:
        self._table([("kind", "then", "now", "cases"), *_counts(told)])
        if told.unreadable:
            self.stdout.write(f"\n{told.unreadable} stored cases can't be read any more and are left out.")
        if not told.changed:
            self.stdout.write("\nNothing changes.")
            return
        self.stdout.write(f"\n{len(told.changed)} cases change:\n")
        self._table([("kind", "order", "then", "now", "money", "why now"), *map(_row, told.changed)])
        sums = [f"{sum_:+.2f} {currency}" for currency, sum_ in sorted(told.money.items()) if sum_]
        self.stdout.write(f"\nMoney paid back, beside then: {', '.join(sums) or 'the same'}")

    def _table(self, rows: list[tuple[str, ...]]) -> None:
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.stdout.write("  ".join(cells).rstrip())


def _counts(told: Simulation) -> list[tuple[str, ...]]:
    return [(kind, before, after, str(count)) for (kind, before, after), count in sorted(told.counts.items())]


def _row(one: Simulated) -> tuple[str, ...]:
    money = one.after.money - one.before.money
    return (
        one.kind,
        one.order,
        _outcome(one.before.decision, one.before.rule),
        _outcome(one.after.decision, one.after.rule),
        f"{money:+.2f} {one.currency}" if money else "",
        one.after.why,
    )


def _outcome(decision: str, rule: str) -> str:
    return f"{decision} ({rule})" if rule else decision


def _moment(text: str, at: time) -> datetime:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise CommandError(f"“{text}” is no day; write it like 2026-10-01.")
    return timezone.make_aware(datetime.combine(day, at))


def _merchant(slug: str | None) -> Merchant | None:
    if not slug:
        return None
    found = Merchant.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"There is no merchant “{slug}”.")
    return found


def _setting(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise CommandError(f"“{text}” is no setting; write it like keep_goods_up_to=20.")
    return name.strip(), value.strip()
