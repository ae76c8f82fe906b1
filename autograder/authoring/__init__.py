"""Build notebooks from solutions: markers, release, bundle, execution; slips and alternatives."""
