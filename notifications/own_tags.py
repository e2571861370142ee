"""What merchants may use in words of their own: a condition, and filters that only change how a value is written."""

from django.template import Library, defaultfilters
from django.template.defaulttags import do_if

register = Library()
register.tag("if", do_if)
for _shown in (defaultfilters.default, defaultfilters.join, defaultfilters.length, defaultfilters.pluralize):
    register.filter(_shown.__name__, _shown)
