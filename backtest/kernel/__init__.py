"""Virtual time: a queue of events in one total order, latencies, and random streams by key."""
