"""What may become of an order, as scripts: a word for each thing that happens, with the hours since the one before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

# Words that are no scans; any other word is one, of the parcel on its way to the customer, or after "back:" on its way
# back. A number after the colon chooses among the parcels of a shipment.
DEEDS = frozenset(
    {
        *("place", "place_twin", "pick", "pack", "cancel", "ship", "ship_two", "ship_part"),
        *("prove_code", "prove_signature", "prove_name"),
        *("ask_return", "approve_return", "reject_return", "cancel_return", "send_return", "pay"),
        *("ask_exchange", "send_replacement", "use_withdrawal", "ask_all_back", "receive_damaged"),
        *("receive_unannounced", "pay_by_card", "bounce_refund"),
        *("dispute", "accept", "decline", "withdraw", "confirm", "deny", "let_pass"),
        *("report_damage", "report_missing", "report_wrong", "offer_part", "grant_replacement"),
        *("ask_support", "answer_support", "thank_support", "solve_support", "rate_support"),
        *("text_where", "text_later", "add_receiver", "open_receivers_link", "order_again"),
    }
)
OPTIONAL = ("announced", "left")  # not every carrier tells these


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens at a moment."""

    at: datetime
    word: str
    parcel: int = 0
    is_back: bool = False

    @property
    def is_scan(self) -> bool:
        return self.word not in DEEDS


@dataclass(frozen=True, slots=True)
class Plot:
    """A script, how often a shop has it, and how many hours ago its last step lies at least and at most."""

    name: str
    script: str
    often: int
    ago: tuple[float, float]
    is_dear: bool = False  # worth more than what a return is approved for without a person
    shop: str = ""  # the only shop that has it
    country: str = ""  # where its customer lives
    street: str = ""  # in place of the customer's own
    basket: tuple[tuple[str, int], ...] = ()  # SKUs of the shop, and how many of each

    def kinds(self) -> list[str]:
        """The scans that a carrier must be able to tell."""
        words = [_word(token)[0] for token in self.script.split()]
        return [word for word in words if word not in DEEDS and word not in OPTIONAL]

    def steps(self, *, now: datetime, chance: Random) -> list[Step]:
        """The script's steps with their times, the hours stretched a little as life does."""
        hours, steps = 0.0, []
        for token in self.script.split():
            hours += _word(token)[1] * chance.uniform(0.85, 1.2)
            steps.append((hours, token))
        begin = now - timedelta(hours=chance.uniform(*self.ago) + hours)
        return [_step(begin + timedelta(hours=after), token) for after, token in steps]


def _word(token: str) -> tuple[str, float]:
    name, _, hours = token.partition("+")
    return name.removeprefix("back:").partition(":")[0], float(hours or 0)


def _step(at: datetime, token: str) -> Step:
    name = token.partition("+")[0]
    is_back = name.startswith("back:")
    word, _, parcel = name.removeprefix("back:").partition(":")
    return Step(at, word, int(parcel or 0), is_back)


PACKED = "place pick+5 pack+1.5"
SENT = f"{PACKED} ship+2 announced+0.3 picked_up+3"
MOVED = f"{SENT} left+4 hub+14"
OUT = f"{MOVED} out+15"
DELIVERED = f"{OUT} delivered+4"
RETURNED = f"{DELIVERED} ask_return+40"
SENT_BACK = f"{RETURNED} send_return+26 back:picked_up+2"
RECEIVED = f"{SENT_BACK} back:hub+20 back:delivered+22"
DAYS = 24.0

PLOTS: Sequence[Plot] = (
    Plot("placed", "place", 3, (0.2, 9)),
    Plot("picking", "place pick+4", 2, (0.2, 5)),
    Plot("packed", PACKED, 3, (0.3, 10)),
    Plot("canceled", "place cancel+3", 2, (2, 20 * DAYS)),
    Plot("announced", f"{PACKED} ship+2", 2, (0.3, 3)),
    Plot("picked_up", SENT, 2, (1, 16)),
    Plot("moving", MOVED, 3, (2, 20)),
    Plot("out", OUT, 4, (0.4, 3)),
    Plot("delivered", DELIVERED, 11, (3, 25 * DAYS)),
    Plot("code", f"{OUT} prove_code+3", 3, (3, 9 * DAYS)),
    Plot("signature", f"{OUT} prove_signature+3", 2, (3, 9 * DAYS)),
    Plot("name", f"{OUT} prove_name+3", 1, (3, 9 * DAYS)),
    Plot("not_home", f"{OUT} not_home+5", 2, (2, 16)),
    Plot("second_try", f"{OUT} not_home+5 out+18 delivered+4", 2, (5, 12 * DAYS)),
    Plot("pickup_point", f"{OUT} not_home+5 pickup_point+3", 2, (3, 40)),
    Plot("customs", f"{MOVED} customs+18", 1, (4, 40)),
    Plot("cleared", f"{MOVED} customs+18 cleared+30 hub+10 out+14 delivered+5", 1, (8, 12 * DAYS)),
    Plot("delay", f"{MOVED} delay+12", 1, (3, 30)),
    Plot("damaged", f"{MOVED} damaged+8", 1, (4, 60)),
    Plot("lost", f"{MOVED} lost+90", 1, (8, 5 * DAYS)),
    Plot("returning", f"{OUT} not_home+5 out+20 not_home+5 returning+30", 1, (4, 50)),
    Plot("returned", f"{OUT} not_home+5 out+20 not_home+5 returning+30 returned+40", 1, (8, 6 * DAYS)),
    Plot("odd", f"{MOVED} odd+4", 1, (2, 20)),
    Plot(
        "two_parcels",
        f"{PACKED} ship_two+2 picked_up:0+3 picked_up:1+0.1 hub:0+12 hub:1+3 out:0+14 delivered:0+4",
        2,
        (2, 16),
    ),
    Plot(
        "both_parcels",
        f"{PACKED} ship_two+2 picked_up:0+3 picked_up:1+0.1 out:0+24 out:1+0.1 delivered:0+4 delivered:1+0.1",
        1,
        (8, 15 * DAYS),
    ),
    Plot("return_asked", RETURNED, 2, (1, 40), is_dear=True),
    Plot("return_approved", RETURNED, 1, (2, 60)),
    Plot("return_approved_by", f"{RETURNED} approve_return+6", 1, (2, 60), is_dear=True),
    Plot("return_rejected", f"{RETURNED} reject_return+8", 1, (5, 9 * DAYS), is_dear=True),
    Plot("return_canceled", f"{RETURNED} cancel_return+8", 1, (5, 9 * DAYS)),
    Plot("return_sent", f"{SENT_BACK} back:hub+16", 2, (2, 20)),
    Plot("return_received", RECEIVED, 2, (1, 40)),
    Plot("refunded", f"{RECEIVED} pay+20", 2, (5, 12 * DAYS)),
    Plot("dispute", f"{DELIVERED} dispute+20", 1, (1, 30)),
    Plot("dispute_of_proof", f"{OUT} prove_code+4 dispute+20", 1, (1, 30)),
    Plot("dispute_accepted", f"{DELIVERED} dispute+20 accept+30", 1, (8, 9 * DAYS)),
    Plot("dispute_declined", f"{OUT} prove_signature+4 dispute+20 decline+30", 1, (8, 9 * DAYS)),
    Plot("dispute_withdrawn", f"{DELIVERED} dispute+20 withdraw+6", 1, (8, 12 * DAYS)),
)
