"""Filters that the lists of aftersales share."""

from django_filters import rest_framework as filters


class StatusFilter(filters.FilterSet):
    order_number = filters.CharFilter("order__number")
    status = filters.CharFilter("status")
