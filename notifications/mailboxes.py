"""How a mailbox is shown."""


def masked_mailbox(address: str) -> str:
    """An address that its holder knows and nobody else learns."""
    name, _, host = address.rpartition("@")
    return f"{name[:1]}•••@{host}"
