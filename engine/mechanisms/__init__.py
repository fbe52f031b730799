"""The market designs: how resting and arriving interest becomes trades."""
