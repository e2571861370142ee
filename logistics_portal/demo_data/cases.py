"""What may become of an order after it left, or before: one of each kind of case, at one shop each."""

from collections.abc import Sequence

from .plots import DAYS, DELIVERED, MOVED, OUT, PACKED, SENT_BACK, Plot

_NORTH, _JADE, _MAPLE = "nordlicht", "jadeharbor", "mapleandmain"
_JACKET = (("NL-JKT-M", 1),)
_BOTTLES = (("NL-BTL-1", 2),)

CASES: Sequence[Plot] = (
    # before it leaves
    Plot(
        "check_address",
        "place",
        1,
        (0.5, 6),
        shop=_NORTH,
        country="DE",
        street="Kastanienallee",
    ),
    Plot("check_twin", "place place_twin+0.3", 1, (0.5, 8), shop=_MAPLE),
    # returns
    Plot(
        "exchange_waits",
        f"{DELIVERED} ask_exchange+30",
        1,
        (2, 40),
        shop=_NORTH,
        country="DE",
        basket=_JACKET,
    ),
    Plot(
        "exchange_sent",
        f"{DELIVERED} ask_exchange+30 send_return+20 back:picked_up+3 back:hub+16 back:delivered+18 send_replacement+5 "
        "picked_up+4 hub+14",
        1,
        (2, 12),
        shop=_NORTH,
        country="DE",
        basket=_JACKET,
    ),
    Plot(
        "withdrawal",
        f"{DELIVERED} use_withdrawal+60",
        1,
        (4, 40),
        shop=_NORTH,
        country="DE",
    ),
    Plot(
        "return_damaged",
        f"{DELIVERED} ask_all_back+40 receive_damaged+60",
        1,
        (2, 30),
        shop=_NORTH,
        basket=_BOTTLES,
    ),
    Plot(
        "return_kept",
        f"{DELIVERED} ask_return+20",
        1,
        (4, 60),
        shop=_MAPLE,
        basket=(("MM-SPN-1", 1),),
    ),
    Plot("unannounced", f"{DELIVERED} receive_unannounced+120", 1, (3, 30), shop=_MAPLE),
    Plot(
        "refund_failed",
        f"{SENT_BACK.replace('place', 'place pay_by_card+0.1')} back:hub+20 back:delivered+22 bounce_refund+30",
        1,
        (3, 40),
        shop=_MAPLE,
    ),
    Plot("late", f"{MOVED} delay+12 hub+140 out+14 delivered+5", 1, (6, 40), shop=_NORTH),
    # what was wrong with it
    Plot(
        "dispute_damaged",
        f"{DELIVERED} report_damage+20",
        1,
        (1, 20),
        shop=_MAPLE,
        basket=(("MM-MUG-2", 1), ("MM-APR-1", 1)),
    ),
    Plot(
        "dispute_offer",
        f"{DELIVERED} report_missing+20 offer_part+14",
        1,
        (1, 20),
        shop=_NORTH,
        basket=_BOTTLES,
    ),
    Plot(
        "dispute_escalated",
        f"{DELIVERED} deny+4 dispute+20 let_pass+90",
        1,
        (2, 20),
        shop=_JADE,
        country="CN",
    ),
    Plot(
        "dispute_replaced",
        f"{DELIVERED} report_wrong+20 grant_replacement+20",
        1,
        (4, 50),
        shop=_MAPLE,
        basket=(("MM-APR-1", 1),),
    ),
    Plot("confirmed", f"{DELIVERED} confirm+5", 1, (3, 3 * DAYS), shop=_MAPLE),
    # words
    Plot(
        "talk_open",
        f"{MOVED} ask_support+5 let_pass+12",
        1,
        (0.5, 6),
        shop=_NORTH,
    ),
    Plot(
        "talk_waiting",
        f"{DELIVERED} ask_support+4 answer_support+2",
        1,
        (1, 30),
        shop=_MAPLE,
    ),
    Plot(
        "talk_solved",
        f"{DELIVERED} ask_support+8 answer_support+1 thank_support+1 solve_support+0.5 rate_support+2",
        1,
        (4, 60),
        shop=_JADE,
        country="CN",
    ),
    Plot("text_where", f"{MOVED} text_where+4", 1, (1, 12), shop=_NORTH, country="DE"),
    Plot("text_later", f"{OUT} text_later+1", 1, (0.4, 3), shop=_MAPLE),
    Plot(
        "receiver",
        f"{PACKED.replace('place', 'place add_receiver+1')} ship+2 announced+0.3 picked_up+3 left+4 hub+14 out+15 "
        "open_receivers_link+0.5",
        1,
        (0.5, 3),
        shop=_NORTH,
        country="DE",
    ),
    Plot("reorder", f"{DELIVERED} order_again+70", 1, (2, 30), shop=_MAPLE),
    # on the way
    Plot(
        "left_in_part",
        f"{PACKED} ship_part+2 picked_up+3 left+4 hub+14",
        1,
        (2, 12),
        shop=_MAPLE,
        basket=(("MM-MUG-2", 2), ("MM-APR-1", 1)),
    ),
)
