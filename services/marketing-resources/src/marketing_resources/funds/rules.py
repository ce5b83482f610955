"""What can be wrong about a fund. Pure."""


class FundExists(Exception):
    """The code stands for another fund."""


class FundNotFound(Exception):
    """A budget names a fund that does not exist."""
