"""The inputs of week 1's hidden checks, one module a step."""
