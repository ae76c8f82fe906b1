"""The probes of week 1, one module for each step."""
