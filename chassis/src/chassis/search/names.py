"""How a name is read for search: as it is written, in pinyin, and in initials. Pure."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple, Self

from pypinyin import lazy_pinyin
from pypinyin.constants import RE_HANS
from pypinyin.seg import mmseg, simpleseg

# Ideographs of every plane, and the sign of repetition; pypinyin knows the readings of nearly all of them.
_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(f"([{_HAN}]+)|([^{_HAN}]+)")
_WORDS_REMEMBERED = 20_000


def key(text: str) -> str:
    """Return the text as it is compared: half width, without case and without blanks."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


class Query(NamedTuple):
    """What is looked for: as it was typed, without blanks at its ends, and as it is compared."""

    text: str
    key: str

    @classmethod
    def of(cls, text: str) -> Self:
        return cls(text.strip(), key(text))


class Reading(NamedTuple):
    """A name as it is found.

    Attributes:
        key: the name as it is compared.
        pinyin: its pinyin without tones, letters of other scripts kept. Empty for a name without Chinese.
        initials: the first letters of its syllables, letters of other scripts kept. Empty likewise.
        starts: where in `pinyin` a syllable begins.
    """

    key: str
    pinyin: str
    initials: str
    starts: tuple[int, ...]

    @property
    def text(self) -> str:
        """The readings in one text, apart, so that nothing is found across two of them."""
        return "\n".join(filter(None, (self.key, self.pinyin, self.initials)))


def read(name: str) -> Reading:
    """Return how the name is found. A character of several readings has that of its word or its usual one."""
    name_key = key(name)
    pinyin, initials, starts = "", "", []
    for chinese, other in _RUNS.findall(name_key):
        for syllable in _syllables(chinese):
            starts.append(len(pinyin))
            pinyin += syllable
            initials += syllable[0]
        pinyin += other
        initials += other
    return Reading(name_key, pinyin, initials, tuple(starts)) if starts else Reading(name_key, "", "", ())


def _syllables(chinese: str) -> list[str]:
    """Return the syllables of the text; a sign without one stands for itself."""
    words = mmseg.seg.cut(chinese) if RE_HANS.match(chinese) else simpleseg.seg(chinese)
    return [syllable for word in words for syllable in _spoken(word)]


@lru_cache(maxsize=_WORDS_REMEMBERED)
def _spoken(word: str) -> tuple[str, ...]:
    """Read a word once: the names of shops are made of few words, and reading is most of a name's cost."""
    return tuple(lazy_pinyin(word))
