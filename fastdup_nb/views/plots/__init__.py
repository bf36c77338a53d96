"""What plots show, as plain dataclasses: distributions, and images on a plane."""

from __future__ import annotations
