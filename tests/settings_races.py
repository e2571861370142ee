"""The portal's settings with the patience of a test: a killed worker's rows come back within seconds."""

from logistics_portal.settings import *  # noqa: F403
from logistics_portal.settings import Q_CLUSTER

WORK_LEASES = (4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4)
WORKERS_STALLED_AFTER = 5
Q_CLUSTER = {**Q_CLUSTER, "retry": 10, "timeout": 8}
