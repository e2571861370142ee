"""The test's own database, as processes that a test starts are told of it."""

from django.db import connection


def database_url(name: str = "") -> str:
    """Of the database that the test uses now, or of another on the same server."""
    given = connection.settings_dict
    password = f":{given['PASSWORD']}" if given["PASSWORD"] else ""
    return f"postgresql://{given['USER']}{password}@{given['HOST']}:{given['PORT']}/{name or given['NAME']}"
