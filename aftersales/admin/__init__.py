"""After the sale, as staff see it: what waits for a decision, what to pay, and a dispute's evidence on one page."""

from . import checks, conversations, desk, dispute_panels, disputes, refunds, returns  # noqa: F401 - importing them registers them
