"""``python -m carbonx``."""

from carbonx.main import main

main()
