"""The probes of week 1, one module a step."""
