"""What can go wrong in a demo, in words for its user."""


class DemoError(Exception):
    """The demo cannot go on."""
