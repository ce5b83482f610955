"""What stops the local stack, said in one line a newcomer can act on."""


class LocalStackError(Exception):
    """The stack cannot start or go on; its text is shown to the user as it is."""
