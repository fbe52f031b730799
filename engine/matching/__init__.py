"""Pure algorithms: prices, allocation, the continuous sweep, call prices, auction clearing."""
