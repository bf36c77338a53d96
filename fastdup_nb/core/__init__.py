"""Numbers in, numbers out: neighbours, pairs, graphs. Never a file, never an image."""
