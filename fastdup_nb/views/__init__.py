"""What galleries and summaries show, as plain data: chosen, sorted, counted; no HTML."""
