"""Letters as mail programs write them: what is new in them, and from whom they are."""

from email.message import EmailMessage

import pytest

from aftersales.letters import NotALetter, read_letter, without_quotes


def letter(text: str = "The green door.", *, html: str = "", **headers: str) -> EmailMessage:
    message = EmailMessage()
    given = {"From": "Ann Archer <Ann@Example.com>", "To": "reply+x@portal.example", "Subject": "Re: Your order"}
    for name, value in {**given, "Message-ID": "<1@example.com>", **headers}.items():
        message[name.replace("_", "-") if name not in message else name] = value
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("Yes.\n\nOn Tue, May 12, 2026 at 10:02 AM Acme <a@b.c> wrote:\n> Which door?\n", "Yes."),
        ("Yes.\n\nOn Tue, May 12, 2026 at 10:02 AM Acme Support Department\n<a@b.c> wrote:\n> Which?\n", "Yes."),
        ("Ja.\n\nAm Di., 12. Mai 2026 um 10:02 Uhr schrieb Acme <a@b.c>:\n> Welche Tür?", "Ja."),
        ("绿色的门。\n\n在 2026年5月12日,10:02,Acme <a@b.c> 写道:\n> 哪个门?", "绿色的门。"),
        ("Yes.\n-- \nAnn\n+49 151", "Yes."),
        ("Yes.\n\n-----Original Message-----\nFrom: Acme\n", "Yes."),
        ("Ja.\n\nVon: Acme <a@b.c>\nGesendet: Dienstag\nAn: Ann\n\nWelche?", "Ja."),
        ("> Which door?\nThe green one.\n> And when?\nAt noon.", "The green one.\nAt noon."),
        ("On Monday I wrote: nobody answered.\nWhy?", "On Monday I wrote: nobody answered.\nWhy?"),
        ("From: the door\nto the gate", "From: the door\nto the gate"),
        ("", ""),
    ],
)
def test_what_is_quoted_falls_away(text: str, new: str) -> None:
    assert without_quotes(text) == new


def test_a_letter_is_taken_apart() -> None:
    message = letter()
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="door.png")
    read = read_letter(message.as_bytes())
    assert (read.sender, read.sender_name, read.message_id) == ("ann@example.com", "Ann Archer", "1@example.com")
    assert (read.recipients, read.text) == (["reply+x@portal.example"], "The green door.")
    assert [(file.name, file.content) for file in read.attachments] == [("door.png", b"\x89PNG")]
    assert not read.is_automatic


def test_html_alone_is_read_as_it_looks() -> None:
    message = EmailMessage()
    message["From"], message["To"] = "ann@example.com", "x@portal.example"
    message.set_content(
        "<html><head><style>p{}</style></head><body><p>The <b>green</b> door.</p><p>At&nbsp;noon.</p>"
        "<blockquote><p>Which door?</p></blockquote><script>alert(1)</script></body></html>",
        subtype="html",
    )
    assert read_letter(message.as_bytes()).text.split("\n") == ["The green door.", "", "At noon."]


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"X-Autoreply": "yes"},
        {"From": "MAILER-DAEMON@example.com"},
        {"Return-Path": "<>"},
    ],
)
def test_letters_of_programs_are_known(headers: dict[str, str]) -> None:
    message = letter()
    for name, value in headers.items():
        del message[name]
        message[name] = value
    assert read_letter(message.as_bytes()).is_automatic


@pytest.mark.parametrize("raw", [b"", b"no letter", b"From: nobody\n\nHello", b"\xff\xfe\x00" * 50])
def test_what_has_no_sender_is_no_letter(raw: bytes) -> None:
    with pytest.raises(NotALetter):
        read_letter(raw)


def test_an_unknown_charset_is_read_as_well_as_can_be() -> None:
    raw = b"From: a@b.c\nContent-Type: text/plain; charset=x-none\n\nGr\xc3\xbc\xc3\x9fe\x00"
    assert read_letter(raw).text == "Grüße"
