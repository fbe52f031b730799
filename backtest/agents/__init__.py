"""What an agent may do and see, and simulated brokers for any rulebook."""
