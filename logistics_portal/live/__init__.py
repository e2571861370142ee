"""Live pages: a process of its own that holds one stream for each open page, and tells it when to look again."""
