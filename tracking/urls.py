from django.urls import path

from . import views

urlpatterns = [
    path("track/", views.lookup, name="lookup"),
    path("track/hints/", views.hints, name="lookup_hints"),
]
