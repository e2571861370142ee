"""One import from its first row to its last, whatever comes between: each batch commits together with how far it is."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import batched, islice
from pathlib import Path

from django.db import DatabaseError, transaction
from django.utils import timezone

from logistics_portal.kernel.errors import DomainError
from merchants.models import Merchant
from orders.models import ImportProblem, ImportRun

from .companions import Companions, load_companions
from .mapping import NEEDED, OrderMap
from .past import BadRow, PastOrder
from .reading import RowReader
from .storing import analyze, find_faults, store
from .table import Line, UnreadableFile, digest_of, read_lines

BATCH = 500
ANALYZE_EVERY = 40  # batches
REASON_MAX = ImportProblem._meta.get_field("reason").max_length


class ImportStopped(Exception):
    """The import can't go on; what was stored stays, and the next start goes on from there."""


class _NothingHappened(Exception):
    """Rolls a dry run back."""


@dataclass(slots=True)
class Batch:
    """Rows on their way: those that became orders, and what is wrong with the rest, by line."""

    orders: list[tuple[Line, PastOrder]] = field(default_factory=list)
    problems: list[tuple[Line, str]] = field(default_factory=list)

    def report(self, line: Line, reason: str) -> None:
        self.problems.append((line, reason))


class Importer:
    """Imports one file, ``batch`` rows at a time. ``tell(run)`` is called after each batch."""

    def __init__(
        self,
        *,
        merchant: Merchant,
        path: Path,
        spec: OrderMap,
        folder: Path | None,
        tell: Callable[[ImportRun], None],
        batch: int = BATCH,
    ) -> None:
        self.merchant = merchant
        self.path = path
        self.spec = spec
        self.companions = load_companions(spec, folder) if folder else Companions()
        self.tell = tell
        self.batch = batch

    def run(self) -> ImportRun:
        """Import what is left of the file, and return the run; one that was finished before is returned as it is.

        Raises:
            UnreadableFile: this is no table, or not one that the map is for.
            ImportStopped: another process imports the same file now.
        """
        run, _ = ImportRun.objects.get_or_create(
            merchant=self.merchant,
            digest=digest_of([self.path, *self.companions.files], self.spec.text),
            defaults={"source": self.path.name[:255], "mapping": self.spec.name[:100]},
        )
        if not run.finished_at:
            self._go_on(run)
        return run

    def try_out(self) -> tuple[ImportRun, list[ImportProblem]]:
        """Do everything, undo it, and return what came of it."""
        run = ImportRun(merchant=self.merchant, source=self.path.name[:255], mapping=self.spec.name[:100])
        problems: list[ImportProblem] = []
        try:
            with transaction.atomic():
                run.save()
                self._go_on(run)
                problems = list(run.problems.order_by("line", "pk"))
                raise _NothingHappened
        except _NothingHappened:
            return run, problems

    def _go_on(self, run: ImportRun) -> None:
        reader = RowReader(self.spec, self.companions, now=run.started_at)
        lines = self._lines()
        for count, lot in enumerate(batched(islice(lines, run.rows_done, None), self.batch), start=1):
            self._import(run, reader, lot)
            if count % ANALYZE_EVERY == 1:
                analyze()
            self.tell(run)
        ImportRun.objects.filter(pk=run.pk).update(finished_at=timezone.now())
        run.refresh_from_db()

    def _lines(self) -> Iterator[Line]:
        lines = read_lines(self.path, encoding=self.spec.encoding, delimiter=self.spec.delimiter)
        for position, line in enumerate(lines):
            if position == 0:
                self._check_columns(line)
            yield line

    def _check_columns(self, first: Line) -> None:
        """A file for another map would be reported row by row; it is better refused at once."""
        row = self.companions.complete(first.row)
        for name in NEEDED:
            columns = self.spec.columns.get(name, ())
            if columns and name not in self.spec.defaults and not any(column in row for column in columns):
                raise UnreadableFile(
                    f"{self.path.name} has no column {' or '.join(columns)}, in which the map {self.spec.name} looks "
                    f"for {name}. It has: {', '.join(first.row)}."
                )

    def _import(self, run: ImportRun, reader: RowReader, lot: Sequence[Line]) -> None:
        batch = Batch()
        for line in lot:
            try:
                batch.orders.append((line, reader.read(line)))
            except BadRow as error:
                batch.report(line, str(error))
        with transaction.atomic():
            self._claim(run)
            self._store(run, batch)
            ImportProblem.objects.bulk_create(
                ImportProblem(run=run, line=line.number, reason=reason[:REASON_MAX], row=_storable(line))
                for line, reason in batch.problems
            )
            run.rows_reported += len(batch.problems)
            run.rows_stored += len(lot) - len(batch.problems)
            run.save(update_fields=["rows_stored", "rows_reported"])

    def _claim(self, run: ImportRun) -> None:
        """Two imports of one file at once would each skip what the other did: the second stops."""
        now = ImportRun.objects.select_for_update().get(pk=run.pk)
        if now.rows_done != run.rows_done or now.finished_at:
            raise ImportStopped("Another process imports this file now.")

    def _store(self, run: ImportRun, batch: Batch) -> None:
        faults = find_faults(self.merchant, [past for _, past in batch.orders])
        for position, reason in faults.items():
            batch.report(batch.orders[position][0], reason)
        good = [one for position, one in enumerate(batch.orders) if position not in faults]
        self._store_good(run, good, batch)

    def _store_good(self, run: ImportRun, good: Sequence[tuple[Line, PastOrder]], batch: Batch) -> None:
        """Store a batch; when the database refuses it, halve it until the row at fault stands alone."""
        if not good:
            return
        try:
            store(self.merchant, [past for _, past in good], now=run.started_at)
        except (DatabaseError, DomainError) as error:
            if len(good) == 1:
                batch.report(good[0][0], f"It could not be stored: {error}".splitlines()[0])
                return
            middle = len(good) // 2
            self._store_good(run, good[:middle], batch)
            self._store_good(run, good[middle:], batch)


def _storable(line: Line) -> dict[str, str]:
    """The row as far as a database can hold it."""
    return {key: value.encode("utf-8", "replace").decode().replace("\0", "�") for key, value in line.row.items()}
