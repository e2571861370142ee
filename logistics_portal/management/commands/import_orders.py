"""``manage.py import_orders FILE --map MAP --merchant SLUG``: past orders come in."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from logistics_portal.imports.mapping import WrongMap, load_map
from logistics_portal.imports.run import Importer, ImportStopped
from logistics_portal.imports.table import UnreadableFile
from merchants.models import Merchant
from orders.models import ImportProblem, ImportRun

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Import past orders from a table (CSV, also .xz or .gz). Nobody is told of them. A start that was cut short "
        "goes on where it was; a file that is done is not imported again. Rows that can't be taken are reported."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--map", required=True, help="a shipped map (olist), or a .toml or .json file")
        parser.add_argument("--merchant", required=True, metavar="SLUG")
        parser.add_argument(
            "--with", dest="folder", type=Path, metavar="DIR", help="where the map's companion files lie"
        )
        parser.add_argument("--dry-run", action="store_true", help="do everything, tell what came of it, and undo it")

    def handle(self, *args: Any, file: Path, map: str, merchant: str, folder: Path | None, **options: Any) -> None:
        tenant = Merchant.objects.filter(slug=merchant).first()
        if tenant is None:
            known = ", ".join(Merchant.objects.order_by("slug").values_list("slug", flat=True))
            raise CommandError(f"There is no merchant “{merchant}”. There are: {known or 'none'}.")
        self._began = time.monotonic()
        self._first: int | None = None
        try:
            importer = Importer(merchant=tenant, path=file, spec=load_map(map), folder=folder, tell=self._tell)
            run, problems = importer.try_out() if options["dry_run"] else self._import(importer)
        except (WrongMap, UnreadableFile, ImportStopped, OSError) as error:
            raise CommandError(str(error)) from error
        self._sum_up(run, problems, dry=options["dry_run"])

    def _import(self, importer: Importer) -> tuple[ImportRun, list[ImportProblem]]:
        run = importer.run()
        return run, list(run.problems.order_by("line", "pk")[: SHOWN + 1])

    def _tell(self, run: ImportRun) -> None:
        seconds = time.monotonic() - self._began
        self._first = run.rows_done if self._first is None else self._first
        self.stderr.write(f"{run.rows_done} rows, {run.rows_reported} reported, {seconds:.0f} s", ending="\n")

    def _sum_up(self, run: ImportRun, problems: list[ImportProblem], *, dry: bool) -> None:
        for problem in problems[:SHOWN]:
            self.stdout.write(f"line {problem.line}: {problem.reason}")
        if run.rows_reported > SHOWN:
            self.stdout.write(f"… {run.rows_reported - SHOWN} more")
        seconds = time.monotonic() - self._began
        told = f"{run.rows_done} rows in: {run.rows_stored} orders stored, {run.rows_reported} rows reported"
        if dry:
            self.stdout.write(f"Dry run, nothing was kept. {told}.")
        elif self._first is None:
            self.stdout.write(f"This file was imported before. {told}.")
        else:
            self.stdout.write(f"{told}, {seconds:.1f} s.")
