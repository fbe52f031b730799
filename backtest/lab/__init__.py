"""The laboratory's desk: designs, named markets, one session, and studies that compare them."""
