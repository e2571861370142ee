from django.urls import path

from . import views

urlpatterns = [
    path("t/<str:token>/return/", views.ask_return, name="ask_return"),
    path("t/<str:token>/returns/<uuid:return_id>/send/", views.send_return, name="send_return"),
    path("t/<str:token>/returns/<uuid:return_id>/cancel/", views.cancel_return, name="cancel_return"),
    path("t/<str:token>/dispute/<uuid:shipment_id>/", views.ask_dispute, name="ask_dispute"),
    path("t/<str:token>/dispute/<uuid:shipment_id>/withdraw/", views.withdraw_dispute, name="withdraw_dispute"),
]
