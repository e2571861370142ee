"""What a browser tells of itself, in the few words that its owner knows it by."""

_BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)
_PHONES = ("iPhone", "Mobile", "MicroMessenger")
_TABLETS = ("iPad", "Tablet", "Android")
_PROGRAMS = ("bot", "crawler", "spider", "preview", "facebookexternalhit", "WhatsApp", "curl", "python")


def device_label(agent: str) -> str:
    """Browser and system, as ``Chrome · Android``; "" where the browser does not tell."""
    known = (next((name for mark, name in table if mark in agent), "") for table in (_BROWSERS, _SYSTEMS))
    return " · ".join(filter(None, known))


def device_class(agent: str) -> str:
    """One of ``phone``, ``tablet``, ``computer``, ``program`` and ``unknown``."""
    if any(mark.lower() in agent.lower() for mark in _PROGRAMS):
        return "program"
    if any(mark in agent for mark in _PHONES) and "iPad" not in agent:
        return "phone"
    if any(mark in agent for mark in _TABLETS):
        return "tablet"
    return "computer" if any(mark in agent for mark, _ in _SYSTEMS) else "unknown"
