"""The grams under which a name is indexed, and those that a query asks for. Pure.

One or two characters are grams themselves, so an index lookup answers them. A longer query is cut into grams
that every match must have: each pair of neighbours with a Chinese character, each three others in a row. What
has them all is a candidate; whether the query stands in it in one piece is checked on the row.
"""

from collections.abc import Iterator

from customer.search.names import Reading

_DENSE = "\u2e80"  # from here on one character says as much as a Latin word
_EXACT = 2
_THREE = 3


def grams_of(reading: Reading) -> list[str]:
    """Return the grams under which a name is indexed, sorted.

    Pinyin is indexed in threes; in ones and twos only where a syllable begins, else two letters would find
    every other name.
    """
    grams = {*_windows(reading.key), *_windows(reading.initials), *_cuts(reading.pinyin)}
    for start in reading.starts:
        grams.update((reading.pinyin[start : start + 1], reading.pinyin[start : start + _EXACT]))
    return sorted(grams)


def query_grams(query: str) -> list[str]:
    """Return the grams that every match of a query has; `query` is a key (`customer.search.names.key`)."""
    if len(query) <= _EXACT:
        return [query]
    return sorted(set(_cuts(query)))


def is_exact(query: str) -> bool:
    """Whether a row with the query's gram is a match, so that nothing is left to check."""
    return len(query) <= _EXACT


def _windows(text: str) -> Iterator[str]:
    """Everything of one or two characters, and the cuts."""
    yield from text
    yield from _slices(text, _EXACT)
    yield from _cuts(text)


def _cuts(text: str) -> Iterator[str]:
    """Pairs with a dense character, and threes without."""
    yield from (pair for pair in _slices(text, _EXACT) if max(pair) >= _DENSE)
    yield from (three for three in _slices(text, _THREE) if max(three) < _DENSE)


def _slices(text: str, size: int) -> Iterator[str]:
    return (text[start : start + size] for start in range(len(text) - size + 1))
