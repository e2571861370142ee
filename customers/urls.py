from django.urls import path

from . import views

urlpatterns = [
    path("orders/sign-in/", views.sign_in, name="sign_in"),
    path("orders/sign-in/code/", views.sign_in_code, name="sign_in_code"),
    path("orders/sign-out/", views.sign_out, name="sign_out"),
    path("orders/devices/", views.end_devices, name="end_devices"),
]
