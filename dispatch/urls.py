from django.urls import path

from . import views

urlpatterns = [
    path("warehouse/", views.warehouse, name="warehouse"),
    path("warehouse/<uuid:order_id>/", views.warehouse_order, name="warehouse_order"),
    path("warehouse/<uuid:order_id>/label/", views.label, name="warehouse_label"),
    path("courier/", views.courier, name="courier"),
    path("courier/<uuid:shipment_id>/", views.handover, name="handover"),
]
