from django.urls import path

from .views import checks, confirmations, conversations, disputes, gateways, letters, returns, warehouse

urlpatterns = [
    path("warehouse/checks/<uuid:check_id>/", warehouse.settle_check, name="settle_check"),
    path("webhooks/refunds/<uuid:account_id>", gateways.refund_news, name="refund_news"),
    path("t/<str:token>/checks/<uuid:check_id>/", checks.answer_check, name="check"),
    path("webhooks/letters", letters.letter_door, name="letter_door"),
    path("t/<str:token>/talk/", conversations.talk, name="talk"),
    path("t/<str:token>/talk/rating/", conversations.rate, name="rate_talk"),
    path("t/<str:token>/talk/solved/", conversations.solved, name="solve_talk"),
    path("t/<str:token>/talk/files/<uuid:attachment_id>/", conversations.attachment, name="talk_file"),
    path("t/<str:token>/return/", returns.ask_return, name="ask_return"),
    path("desk/returns/photos/<uuid:photo_id>.jpg", returns.photo_for_staff, name="admin_return_photo"),
    path("t/<str:token>/withdraw/", returns.withdraw, name="withdraw"),
    path("t/<str:token>/returns/<uuid:return_id>/", returns.return_case, name="return_case"),
    path("t/<str:token>/returns/<uuid:return_id>/label/", returns.return_label, name="return_label"),
    path(
        "t/<str:token>/returns/<uuid:return_id>/photos/<uuid:photo_id>.jpg", returns.return_photo, name="return_photo"
    ),
    path("t/<str:token>/returns/<uuid:return_id>/send/", returns.send_return, name="send_return"),
    path("t/<str:token>/returns/<uuid:return_id>/cancel/", returns.cancel_return, name="cancel_return"),
    path("t/<str:token>/dispute/<uuid:shipment_id>/", disputes.ask_dispute, name="ask_dispute"),
    path("t/<str:token>/disputes/<uuid:dispute_id>/", disputes.dispute, name="dispute"),
    path("t/<str:token>/disputes/<uuid:dispute_id>/answer/", disputes.answer_dispute, name="answer_dispute"),
    path("t/<str:token>/disputes/<uuid:dispute_id>/offer/", disputes.answer_offer, name="answer_offer"),
    path("t/<str:token>/disputes/<uuid:dispute_id>/withdraw/", disputes.withdraw_dispute, name="withdraw_dispute"),
    path("t/<str:token>/disputes/<uuid:dispute_id>/photos/<uuid:photo_id>.jpg", disputes.photo, name="dispute_photo"),
    path("t/<str:token>/arrived/<uuid:shipment_id>/", confirmations.arrived, name="arrived"),
]
