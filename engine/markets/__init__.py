"""One file for each market design, the gate and settlement that they share, and their phases."""
