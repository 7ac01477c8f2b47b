"""Fail-over of the database and of the broker, with real servers of each."""
