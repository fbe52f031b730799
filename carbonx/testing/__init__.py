"""A venue in process that takes and answers short lines, and scenarios written in them."""

from carbonx.testing.script import Scenario, ScriptedVenue

__all__ = ["Scenario", "ScriptedVenue"]
