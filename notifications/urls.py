"""Doors of notifications: what providers call, people's own messages, the link that ends mails, the demo's inboxes."""

from django.urls import path

from . import views, views_mail, views_push, views_wishes

urlpatterns = [
    path("webhooks/twilio/status", views.twilio_status, name="twilio_status"),
    path("webhooks/twilio/inbound", views.twilio_inbound, name="twilio_inbound"),
    path("webhooks/wechat/<uuid:account>/consents", views_push.wechat_consents, name="wechat_consents"),
    path("sw.js", views_push.service_worker, name="service_worker"),
    path("app.webmanifest", views_push.manifest, name="manifest"),
    path("t/<str:token>/push/", views_push.subscribe, name="push_subscribe"),
    path("t/<str:token>/push/end/", views_push.unsubscribe, name="push_unsubscribe"),
    path("orders/messages/", views_wishes.my_messages, name="my_messages"),
    path("orders/messages/on/", views_wishes.turn_on_again, name="turn_on_again"),
    path("orders/messages/shops/", views_wishes.take_back, name="take_back_passed"),
    path("demo/push/", views.demo_push, name="demo_push"),
    path("webhooks/mail/<slug:provider>", views_mail.mail_events_door, name="mail_events"),
    path("mail/stop/<str:token>/", views_mail.unsubscribe, name="unsubscribe"),
    path("demo/phone/", views.demo_phone, name="demo_phone"),
    path("demo/phone/answer/", views.demo_answer, name="demo_answer"),
    path("demo/mail/", views.demo_mail, name="demo_mail"),
    path("demo/mail/<uuid:pk>/", views.demo_letter, name="demo_letter"),
    path("demo/mail/<uuid:pk>/html/", views.demo_letter_html, name="demo_letter_html"),
]
