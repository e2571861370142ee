"""What a short text means. Pure; whatever isn't surely one of the known words is somebody's own words, for a person."""

import re
import unicodedata
from dataclasses import dataclass

STOP, START, HELP = "stop", "start", "help"
WHERE, LATER, PERSON, OTHER = "where", "later", "person", "other"

# Each word with the language that it tells of its writer; "" for those that are used in every language, English ones.
_STOP = {
    "stop": "",
    "stopall": "",
    "unsubscribe": "",
    "end": "",
    "quit": "",
    "cancel": "",
    "revoke": "",
    "optout": "",
    "stopp": "de",
    "stoppen": "de",
    "abmelden": "de",
    "abbestellen": "de",
    "td": "zh-hans",
    "t": "zh-hans",
    "停止": "zh-hans",
    "退订": "zh-hans",
    "退訂": "zh-hans",
    "取消订阅": "zh-hans",
    "拒收": "zh-hans",
}
_START = {
    "start": "",
    "unstop": "",
    "resume": "",
    "anmelden": "de",
    "weiter": "de",
    "开始": "zh-hans",
    "恢复": "zh-hans",
    "订阅": "zh-hans",
}
_HELP = {
    "help": "",
    "info": "",
    "menu": "",
    "hilfe": "de",
    "menü": "de",
    "帮助": "zh-hans",
    "幫助": "zh-hans",
    "菜单": "zh-hans",
}
_WHERE = {
    "1": "",
    "where": "",
    "whereisit": "",
    "whereismyparcel": "",
    "wo": "de",
    "woistes": "de",
    "woistmeinpaket": "de",
    "在哪": "zh-hans",
    "在哪里": "zh-hans",
    "到哪了": "zh-hans",
    "查询": "zh-hans",
}
_LATER = {"2": "", "later": "", "später": "de", "改天": "zh-hans", "改期": "zh-hans", "晚点送": "zh-hans"}
_PERSON = {"3": "", "person": "", "agent": "", "human": "", "mensch": "de", "人工": "zh-hans", "客服": "zh-hans"}

_TABLES = ((STOP, _STOP), (START, _START), (HELP, _HELP), (WHERE, _WHERE), (LATER, _LATER), (PERSON, _PERSON))
_WORDS = {word: (meaning, language) for meaning, table in _TABLES for word, language in table.items()}
# Words that say it even with more words behind them: "Stop texting me", "2 Friday please".
_OPENERS = {"stop", "stopp", "stopall", "unsubscribe", "abmelden", "abbestellen", "退订", "退訂", "1", "2", "3"}
# Who writes only this may well mean the order: a person looks at it, too.
_AMBIGUOUS = {"cancel"}
_WORD = re.compile(r"[^\W_]+")
_QUESTION = re.compile(r"^[?\N{FULLWIDTH QUESTION MARK}]+$")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text asks for, the language of its word ("" where it tells none), and whether it says more than that."""

    meaning: str
    language: str = ""
    says_more: bool = False


def read(text: str) -> Reading:
    """What a text asks for."""
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    if _QUESTION.match(plain):
        return Reading(HELP)
    words = _WORD.findall(plain)
    together = "".join(words)
    if whole := _WORDS.get(together):
        return Reading(*whole, says_more=together in _AMBIGUOUS)
    first = words[0] if words else ""
    if first in _OPENERS and not _is_part_of_a_number(plain, first):
        meaning, language = _WORDS[first]
        return Reading(meaning, language, says_more=True)
    return Reading(OTHER)


def _is_part_of_a_number(plain: str, first: str) -> bool:
    """Whether a digit begins a date, a time or an amount: "2:30 works", "1.5 kg", "3/12", "3 pm"."""
    rest = plain.partition(first)[2]
    return first.isdecimal() and bool(re.match(r"[.:,/-]\d|\s*(am|pm|uhr|点|月|日|号|天|h)\b", rest))
