from django.urls import path

from . import views, views_number

urlpatterns = [
    path("orders/sign-in/", views.sign_in, name="sign_in"),
    path("orders/sign-in/code/", views.sign_in_code, name="sign_in_code"),
    path("orders/sign-out/", views.sign_out, name="sign_out"),
    path("orders/number/", views_number.change_number, name="change_number"),
    path("orders/number/codes/", views_number.change_number_codes, name="change_number_codes"),
    path("orders/number/undo/", views_number.undo_number, name="undo_number"),
    path("orders/devices/", views.end_devices, name="end_devices"),
]
