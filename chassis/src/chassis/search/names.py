"""How a name is read for search: as it is written, in pinyin, and in initials. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple, Self

from pypinyin.converter import DefaultConverter
from pypinyin.core import Pinyin

# Ideographs of every plane, and the sign of repetition; pypinyin knows the readings of nearly all of them.
_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(f"([{_HAN}]+)|[^{_HAN}]+")


_WORDS_REMEMBERED = 20_000


class _Remembering(DefaultConverter):
    """Reads a word once: the names of shops are made of few words, and reading is most of a name's cost."""

    def __init__(self) -> None:
        super().__init__()
        self._remembered = lru_cache(maxsize=_WORDS_REMEMBERED)(super().convert)

    def convert(self, *arguments: Any, **options: Any) -> list[list[str]]:
        return self._remembered(*arguments, **options)


_pinyin = Pinyin(_Remembering())


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


@dataclass(frozen=True, slots=True)
class Reading:
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
    parts = [part for run in _RUNS.finditer(name_key) for part in _parts(run)]
    if not any(spoken for _, spoken in parts):
        return Reading(name_key, "", "", ())
    offsets = accumulate((len(part) for part, _ in parts), initial=0)
    return Reading(
        key=name_key,
        pinyin="".join(part for part, _ in parts),
        initials="".join(part[0] if spoken else part for part, spoken in parts),
        starts=tuple(offset for offset, (_, spoken) in zip(offsets, parts, strict=False) if spoken),
    )


def _parts(run: re.Match[str]) -> list[tuple[str, bool]]:
    """Return the syllables of a run of Chinese, or another run as it is, and whether each is a syllable."""
    if run[1]:
        return [(syllable, True) for syllable in _pinyin.lazy_pinyin(run[1])]
    return [(run[0], False)]
