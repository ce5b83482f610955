"""Events between services: the outbox is the truth, the Redis stream a doorbell."""

from chassis.events.consumer import Consumer, Received, Subscription
from chassis.events.feed import EventFeedServicer, OwnFeed
from chassis.events.newest import store_newer
from chassis.events.relay import Relay

__all__ = ["Consumer", "EventFeedServicer", "OwnFeed", "Received", "Relay", "Subscription", "store_newer"]
