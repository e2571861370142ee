"""Files of past orders on their way into the portal."""

from django.db import models
from django.utils import timezone

from logistics_portal.kernel.models import Row
from merchants.models import Merchant


class ImportRun(Row):
    """A file of past orders on its way into the portal: how far it came, so that a second start goes on from there."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file, its companions and its map")
    source = models.CharField(max_length=255, help_text="The file's name")
    mapping = models.CharField(max_length=100, help_text="The map's name")
    rows_stored = models.PositiveIntegerField(default=0)
    rows_reported = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["merchant", "digest"], name="one_run_a_file")]

    def __str__(self) -> str:
        return self.source

    @property
    def rows_done(self) -> int:
        """How many rows of the file need no second look."""
        return self.rows_stored + self.rows_reported


class ImportProblem(Row):
    """A row that was left out of an import, as it stood in the file, and why."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="problems")
    line = models.PositiveIntegerField()
    reason = models.CharField(max_length=300)
    row = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["run", "line"], name="problem_by_line")]

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"
