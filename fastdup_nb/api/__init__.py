"""The V0.2 functions: signature, docstring, one call."""
