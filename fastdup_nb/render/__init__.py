"""A view as HTML or as terminal text. What is shown is escaped: names and labels are hostile."""
