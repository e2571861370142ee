"""Daily aggregates come with the scorecards; today's counts are computed in `reports`."""
