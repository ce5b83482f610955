"""Loaded before any test: importlib mode would take the folder chassis/ for the package of that name."""

import chassis
import directory
import gateway

__all__ = ["chassis", "directory", "gateway"]
