"""What can be wrong with a table. Rows are counted as a spreadsheet shows them: the header is row 1."""


class TableError(Exception):
    """The file cannot be read as a table; `row` and `column` tell where, as far as that is known."""

    def __init__(self, reason: str, *, row: int | None = None, column: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.row = row
        self.column = column


class RowError(Exception):
    """One row cannot be used, for the reason given; the others can."""

    def __init__(self, reason: str, *, row: int, column: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.row = row
        self.column = column
