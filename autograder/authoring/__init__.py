"""Solutions become notebooks: markers, release, bundle, executed solutions; slips and alternatives."""
