from django.urls import path

from . import views, views_access, views_receiver, views_reorder

urlpatterns = [
    path("t/<str:token>/verify/", views.verify, name="verify"),
    path("t/<str:token>/access/", views_access.access, name="access"),
    path("t/<str:token>/access/close/", views_access.close_access, name="close_access"),
    path("t/<str:token>/again/", views_reorder.reorder, name="reorder"),
    path("t/<str:token>/again/withdraw/", views_reorder.withdraw_reorder, name="withdraw_reorder"),
    path("r/<str:token>/verify/", views_receiver.verify_receiver, name="verify_receiver"),
    path("r/<str:token>/answer/", views_receiver.answer_receiver, name="answer_receiver"),
    path("r/<str:token>/leave/", views_receiver.leave_receiver, name="leave_receiver"),
    path("orders/older/", views.show_older, name="show_older"),
]
