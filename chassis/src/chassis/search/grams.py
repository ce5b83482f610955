"""The grams under which a name is indexed, and those that a query asks for. Pure.

One or two characters are grams themselves, so an index lookup answers them. A longer query is cut into grams
that every match must have: pairs of neighbours with a Chinese character, threes of other characters. What has
them all is a candidate; whether the query stands in it in one piece is checked on the row.
"""

import re
from collections.abc import Iterable
from operator import add

from chassis.search.names import Reading

_DENSE = "\u2e80"  # from here on one character says as much as a Latin word
_SPARSE = re.compile(f"[^{_DENSE}-\U0010ffff]{{3,}}")
_EXACT = 2
_THREE = 3


def grams_of(reading: Reading) -> list[str]:
    """Return the grams under which a name is indexed, sorted.

    Pinyin is indexed in threes; in ones and twos only where a syllable begins, else two letters would find
    every other name.
    """
    text, pinyin, initials, starts = reading
    grams = {*text, *initials, *_pairs(text), *_pairs(initials)}
    grams.update(_threes(text), _threes(initials), _threes(pinyin), _dense_pairs(pinyin))
    grams.update([pinyin[start : start + _EXACT] for start in starts])
    return sorted(grams)


def query_grams(query: str) -> list[str]:
    """Return grams that every match of a query has; `query` is a key (`chassis.search.names.key`).

    They overlap as little as they can: the planner takes them for independent, and of many that overlap it
    expects hardly any match, then collects and sorts tens of thousands.
    """
    if len(query) <= _EXACT:
        return [query]
    cuts = _cuts(query)
    start, grams = 0, {cuts[max(cuts)]}
    while start < len(query):
        gram = cuts.get(start, "")
        grams.add(gram)
        start += len(gram) or 1
    return sorted(grams - {""})


def is_exact(query: str) -> bool:
    """Whether a row with the query's gram is a match, so that nothing is left to check."""
    return len(query) <= _EXACT


def _pairs(text: str) -> Iterable[str]:
    return map(add, text, text[1:])


def _dense_pairs(text: str) -> Iterable[str]:
    return () if text.isascii() else [pair for pair in _pairs(text) if max(pair) >= _DENSE]


def _threes(text: str) -> Iterable[str]:
    """Return the threes without a dense character."""
    runs = (text,) if text.isascii() else _SPARSE.findall(text)
    return [three for run in runs for three in map(add, _pairs(run), run[2:])]


def _cuts(text: str) -> dict[int, str]:
    """Return pairs with a dense character and threes without, by their start."""
    cuts = {}
    for start in range(len(text) - 1):
        three = text[start : start + _THREE]
        if max(three[:_EXACT]) >= _DENSE:
            cuts[start] = three[:_EXACT]
        elif len(three) == _THREE and max(three) < _DENSE:
            cuts[start] = three
    return cuts
