"""What visit reads from its environment."""

from chassis.settings import ServiceSettings


class VisitSettings(ServiceSettings):
    """The settings of every service; visit has none of its own yet."""
