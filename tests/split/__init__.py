"""A split deployment: each role a process of its own."""
