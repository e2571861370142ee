"""How a mailbox is shown."""

ENDS_SHOWN_FROM = 4  # signs before the @: of a shorter name its end would tell too much


def masked_mailbox(address: str) -> str:
    """An address that its holder knows from their others and nobody else learns."""
    name, _, host = address.rpartition("@")
    end = name[-1] if len(name) >= ENDS_SHOWN_FROM else ""
    return f"{name[:1]}•••{end}@{host}"
