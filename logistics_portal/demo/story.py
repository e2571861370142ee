"""The portal's story, told step by step against a running portal. `bin/demo --check` walks through it."""

import http.client
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Story:
    """What the steps share: where the portal is, and the logins that its sample data came with."""

    base_url: str
    info: dict[str, Any] = field(default_factory=dict)


def front_page_answers(story: Story) -> None:
    place = urlsplit(story.base_url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=20)
    connection.request("GET", "/")
    status = connection.getresponse().status
    assert status == 200, f"the front page answered {status}"


STEPS: list[tuple[str, Callable[[Story], None]]] = [("The front page answers", front_page_answers)]
