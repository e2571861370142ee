"""Of the staff pages that other packages bring, those that nobody gets.

The queue only rings: what is to be done, and what failed, stands in rows that have lists of their own. A schedule's
form names any function to be called, and its tables belong to no merchant.
"""

import django_q.admin  # noqa: F401 - registers them, so that autodiscovery does not do it after this
from django.contrib import admin
from django_q.models import Failure, OrmQ, Schedule, Success

for model in (Failure, OrmQ, Schedule, Success):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
