"""Orders, the price levels and queues that they rest in, and what waits for a price or a time."""
