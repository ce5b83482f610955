"""The grams under which a name is indexed, and those that a query asks for. Pure.

One or two characters are grams themselves, so an index lookup answers them. A longer query is cut into grams
that every match must have: pairs of neighbours with a Chinese character, threes of other characters. What has
them all is a candidate; whether the query stands in it in one piece is checked on the row.
"""

from collections.abc import Iterator

from chassis.search.names import Reading

_DENSE = "\u2e80"  # from here on one character says as much as a Latin word
_EXACT = 2
_THREE = 3


def grams_of(reading: Reading) -> list[str]:
    """Return the grams under which a name is indexed, sorted.

    Pinyin is indexed in threes; in ones and twos only where a syllable begins, else two letters would find
    every other name.
    """
    grams = {*_windows(reading.key), *_windows(reading.initials), *_cuts(reading.pinyin).values()}
    for start in reading.starts:
        grams.update((reading.pinyin[start : start + 1], reading.pinyin[start : start + _EXACT]))
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


def _windows(text: str) -> Iterator[str]:
    """Everything of one or two characters, and the cuts."""
    yield from text
    yield from (text[start : start + _EXACT] for start in range(len(text) - 1))
    yield from _cuts(text).values()


def _cuts(text: str) -> dict[int, str]:
    """Return pairs with a dense character and threes without, by their start."""
    if text.isascii():
        return {start: text[start : start + _THREE] for start in range(len(text) - _EXACT)}
    cuts = {}
    for start in range(len(text) - 1):
        three = text[start : start + _THREE]
        if max(three[:_EXACT]) >= _DENSE:
            cuts[start] = three[:_EXACT]
        elif len(three) == _THREE and max(three) < _DENSE:
            cuts[start] = three
    return cuts
