"""A reading: its values, their JSON, and the reports made from it."""
