"""Venues in process: one that takes short lines, for scenarios, and one for whole programs."""

from carbonx.testing.local import LocalVenue
from carbonx.testing.script import Scenario, ScriptedVenue

__all__ = ["LocalVenue", "Scenario", "ScriptedVenue"]
