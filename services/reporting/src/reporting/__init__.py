"""Reports over the facts of all services, from read models that events keep."""
