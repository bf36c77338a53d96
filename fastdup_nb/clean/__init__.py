"""Cleaning a collection: plan, dry run, apply, journal, undo."""
