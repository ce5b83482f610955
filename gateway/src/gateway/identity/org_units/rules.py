"""What can be wrong with a unit."""


class UnitNotFound(Exception):
    """There is no such unit, or it lies outside the caller's scope."""


class UnitCodeTaken(Exception):
    """Another unit has the code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
