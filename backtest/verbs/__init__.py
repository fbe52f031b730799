"""The verbs of the laboratory, one module each."""
