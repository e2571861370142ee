"""Doors of notifications: the provider's callback, and the demo's phone and mailbox."""

from django.urls import path

from . import views

urlpatterns = [
    path("webhooks/twilio/status", views.twilio_status, name="twilio_status"),
    path("webhooks/twilio/inbound", views.twilio_inbound, name="twilio_inbound"),
    path("demo/phone/", views.demo_phone, name="demo_phone"),
    path("demo/phone/answer/", views.demo_answer, name="demo_answer"),
    path("demo/mail/", views.demo_mail, name="demo_mail"),
    path("demo/mail/<uuid:pk>/", views.demo_letter, name="demo_letter"),
    path("demo/mail/<uuid:pk>/html/", views.demo_letter_html, name="demo_letter_html"),
]
