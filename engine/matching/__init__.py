"""Pure algorithms: prices, allocation, the continuous sweep, calls, sealed auctions and limits."""
