"""For programs of your own: a venue in process, and scenarios in short lines."""
