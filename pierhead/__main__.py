"""`python -m pierhead`."""

from pierhead.main import main

main()
