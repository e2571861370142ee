"""What the people of the tales say and write, each in their own language."""

from collections.abc import Mapping

from .lives import Live

_SAYINGS: Mapping[str, Mapping[str, str]] = {
    "not_received": {
        "en": "The parcel is said to be delivered, but it is neither at my door nor with my neighbors.",
        "de": "Das Paket soll zugestellt sein, liegt aber weder vor meiner Tür noch bei den Nachbarn.",
        "zh-hans": "显示已签收，但我没有收到包裹，门口和邻居那里都没有。",
    },
    "damaged": {
        "en": "The corner of the box was crushed and one mug is broken. See the photos.",
        "de": "Die Ecke des Kartons war eingedrückt, ein Teil ist kaputt. Siehe Fotos.",
        "zh-hans": "箱角被压坏，里面有一件碎了，请看照片。",
    },
    "missing_item": {
        "en": "There was only one bottle in the box, I ordered two.",
        "de": "Im Karton war nur eine Flasche, bestellt hatte ich zwei.",
        "zh-hans": "箱子里只有一件，我订了两件。",
    },
    "wrong_item": {
        "en": "I ordered the linen apron and got a cutting board.",
        "de": "Bestellt hatte ich etwas anderes, als im Paket war.",
        "zh-hans": "收到的商品与订单不符。",
    },
    "offer": {
        "en": "The scales say that one is missing. Would you take a part of the money instead of another parcel?",
        "de": "Laut Waage fehlt tatsächlich eine. Nehmen Sie statt einer Nachlieferung einen Teil des Geldes?",
        "zh-hans": "称重记录显示确实少了一件。您愿意接受部分退款吗？",
    },
    "accept": {
        "en": "The carrier has no proof for your address. We pay you back.",
        "de": "Der Zustelldienst hat keinen Nachweis für Ihre Adresse. Wir erstatten Ihnen den Betrag.",
        "zh-hans": "承运商没有您地址的签收证明，我们将为您退款。",
    },
    "decline": {
        "en": "The parcel was signed for at your door, with your name.",
        "de": "Das Paket wurde an Ihrer Tür mit Ihrem Namen quittiert.",
        "zh-hans": "包裹已在您的地址由您本人签收。",
    },
    "replacement": {
        "en": "That was our mistake. The right apron leaves today; please keep the board.",
        "de": "Das war unser Fehler. Der richtige Artikel geht heute raus; behalten Sie den anderen bitte.",
        "zh-hans": "是我们发错了。今天补发正确的商品，错发的请留下。",
    },
    "reject_return": {
        "en": "The goods were used, as your photos show. We can't take them back.",
        "de": "Die Ware wurde benutzt, wie Ihre Fotos zeigen. Wir können sie nicht zurücknehmen.",
        "zh-hans": "照片显示商品已使用，很抱歉无法退货。",
    },
    "exchange": {
        "en": "The sleeves are too short for me.",
        "de": "An den Ärmeln ist sie mir zu kurz.",
        "zh-hans": "袖子有点短。",
    },
    "all_back": {
        "en": "They don't suit us after all.",
        "de": "Sie gefallen uns doch nicht.",
        "zh-hans": "不太合适。",
    },
    "inspection": {
        "en": "One has a deep dent, the lid no longer closes.",
        "de": "Eine hat eine tiefe Beule, der Deckel schließt nicht mehr.",
        "zh-hans": "其中一件有明显凹痕，盖子关不上。",
    },
    "unannounced": {
        "en": "In a plain box without a note; the name matches this order.",
        "de": "In einem neutralen Karton ohne Zettel; der Name passt zu dieser Bestellung.",
        "zh-hans": "普通纸箱，没有附条；姓名与此订单相符。",
    },
    "talk_open": {
        "en": "I'm away from Friday on. Can the parcel go to my neighbor on the ground floor?",
        "de": "Ab Freitag bin ich verreist. Kann das Paket beim Nachbarn im Erdgeschoss bleiben?",
        "zh-hans": "我周五开始出差，包裹可以放在一楼邻居那里吗？",
    },
    "talk_waiting": {
        "en": "The parcel is here, but the box looks as if somebody sat on it. What do I do?",
        "de": "Das Paket ist da, aber der Karton sieht aus, als hätte jemand darauf gesessen. Was nun?",
        "zh-hans": "包裹到了，但箱子被压扁了，该怎么办？",
    },
    "talk_waiting_answer": {
        "en": "Thank you for the photo. Please open it and tell us whether everything inside is whole.",
        "de": "Danke für das Foto. Bitte öffnen Sie den Karton und schreiben uns, ob alles heil ist.",
        "zh-hans": "谢谢您的照片。请打开看看里面的商品是否完好，再告诉我们。",
    },
    "talk_solved": {
        "en": "Can I still get an invoice with my company's name?",
        "de": "Bekomme ich noch eine Rechnung auf meine Firma?",
        "zh-hans": "请问可以补开公司抬头的发票吗？",
    },
    "talk_solved_answer": {
        "en": "Of course. Send us the name and the tax number, please.",
        "de": "Gern. Schicken Sie uns bitte Firma und Steuernummer.",
        "zh-hans": "可以的，请把公司名称和税号发给我们。",
    },
    "thanks": {
        "en": "Sent by mail a minute ago. Thank you!",
        "de": "Eben per Mail geschickt. Danke!",
        "zh-hans": "刚刚已用邮件发送，谢谢！",
    },
    "welcome": {
        "en": "It is in your mailbox. Have a good day!",
        "de": "Die Rechnung ist in Ihrem Postfach. Einen schönen Tag!",
        "zh-hans": "发票已发到您的邮箱，祝您生活愉快！",
    },
    "text_later": {
        "en": "please bring it after 6 pm, nobody is here before",
        "de": "bitte erst nach 18 Uhr, vorher ist niemand da",
        "zh-hans": "请六点以后送，之前家里没人",
    },
    "receiver": {"en": "Grandma Weber", "de": "Oma Weber", "zh-hans": "外婆"},
}


def say(live: Live, what: str) -> str:
    """Something in the language of the tale's customer."""
    return _SAYINGS[what][live.tale.person.language]
