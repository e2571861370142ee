"""What the tracking of Chinese carriers has in common: fixed sentences, places in brackets, China's clock.

Sources: the sentences of the carriers' own traces as Kuaidi100 (https://api.kuaidi100.com/document) and Kdniao
(https://www.kdniao.com/api-track) hand them on.
"""

import re

from tracking.carriers.base import Reading, Status

HOME = "Asia/Shanghai"

_BRACKETED = re.compile(r"[【\[]([^】\]]{2,40})[】\]]")

# A trace that carries no state per scan leaves only the carrier's own sentence. These are its fixed phrases, first
# match wins; a sentence without one stays unknown.
_PHRASES: tuple[tuple[re.Pattern[str], Reading], ...] = tuple(
    (re.compile(pattern), reading)
    for pattern, reading in (
        (r"拒收|拒签", Reading(Status.EXCEPTION, "consignee_refused")),
        (r"退回|退件|退签", Reading(Status.RETURNING)),
        (r"准备签收|派件中|派送中|派送途中|正在派|正在第\d次派件|安排投递", Reading(Status.OUT_FOR_DELIVERY)),
        (r"未签收|签收失败|投递失败|未妥投|派件异常", Reading(Status.ATTEMPT_FAILED)),
        (r"已签收|投递并签收|已妥投", Reading(Status.DELIVERED)),
        (r"(驿站|快递柜|自提柜|代收点|丰巢).{0,12}(待取|暂存|存放|代收)", Reading(Status.AVAILABLE_FOR_PICKUP)),
        (
            r"揽收|揽件|已收件|已收取|已收入|已打包|装袋|装件|下车|离开|发往|已发出|到达|发车|下一站",
            Reading(Status.IN_TRANSIT),
        ),
    )
)


def read_sentence(sentence: str) -> Reading:
    """The reading of a scan's sentence; `Status.UNKNOWN` when it has none of the fixed phrases."""
    return next((found for phrase, found in _PHRASES if phrase.search(sentence)), Reading(Status.UNKNOWN))


def bracketed_place(sentence: str) -> str:
    """The place that a sentence names in brackets, or ""."""
    found = _BRACKETED.search(sentence)
    return found[1].strip() if found else ""
