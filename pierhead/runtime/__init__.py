"""What keeps a process at work: threads that make one round after another."""
