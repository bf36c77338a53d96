"""The gallery functions of the V0.2 API, one module each."""
