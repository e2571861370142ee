from django.urls import path

from . import views, views_access, views_receiver

urlpatterns = [
    path("t/<str:token>/verify/", views.verify, name="verify"),
    path("t/<str:token>/access/", views_access.access, name="access"),
    path("t/<str:token>/access/close/", views_access.close_access, name="close_access"),
    path("r/<str:token>/verify/", views_receiver.verify_receiver, name="verify_receiver"),
    path("r/<str:token>/answer/", views_receiver.answer_receiver, name="answer_receiver"),
    path("r/<str:token>/leave/", views_receiver.leave_receiver, name="leave_receiver"),
    path("orders/older/", views.show_older, name="show_older"),
]
