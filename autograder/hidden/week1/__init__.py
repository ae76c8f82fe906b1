"""The cases of week 1's hidden checks, with one module for each step."""
