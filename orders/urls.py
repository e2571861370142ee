from django.urls import path

from . import views

urlpatterns = [
    path("t/<str:token>/verify/", views.verify, name="verify"),
    path("orders/older/", views.show_older, name="show_older"),
]
