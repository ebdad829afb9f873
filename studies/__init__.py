"""Measured once and cited by the documentation; not shipped with the package."""
