"""The verbs that need gateway and laboratory."""
