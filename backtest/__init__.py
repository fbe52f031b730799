"""The laboratory: the venue of ``engine`` driven by other clocks than a server's."""
