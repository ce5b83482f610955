"""Events between services: the outbox is the truth, the Redis stream a doorbell."""

from chassis.events.consumer import Consumer
from chassis.events.feed import EventFeedServicer, OwnFeed
from chassis.events.newest import store_newer
from chassis.events.relay import Relay
from chassis.events.subscription import Received, Subscription

__all__ = ["Consumer", "EventFeedServicer", "OwnFeed", "Received", "Relay", "Subscription", "store_newer"]
