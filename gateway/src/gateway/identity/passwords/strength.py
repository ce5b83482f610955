"""How easy a password is to guess, by lists of common ones, patterns and dates (zxcvbn)."""

from collections.abc import Iterable

from zxcvbn import zxcvbn  # type: ignore[import-untyped] # it has no types

# Of 0 to 4: 3 takes more than 100 million guesses, more than lock-out leaves anybody in a lifetime.
_ENOUGH = 3
_LOOKED_AT = 72  # its time grows with the square of the length, and what it takes is enough to be strong
# It tries every reading of what may stand for letters. Of `(`, `{`, `[` and `<` beside `1`, `!` and `|` there
# are hundreds, which take seconds, and nobody else signs in meanwhile.
_ONE_FOR_EACH_LETTER = str.maketrans("@{[<!|$+", "4(((1157")


def is_easy_to_guess(password: str, names: Iterable[str]) -> bool:
    looked_at = password[:_LOOKED_AT].translate(_ONE_FOR_EACH_LETTER)
    found = zxcvbn(looked_at, user_inputs=list(names))
    return int(found["score"]) < _ENOUGH
