"""A whole installation in a storm: clients at work while everything fails, again and again."""
