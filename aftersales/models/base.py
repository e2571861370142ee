"""What the models of aftersales share."""

from django.db import models


class AftersalesQuerySet(models.QuerySet):
    def for_merchant(self, merchant):
        return self.filter(merchant=merchant)
