"""Records and their bytes, the only file, the sequencer and replay."""
