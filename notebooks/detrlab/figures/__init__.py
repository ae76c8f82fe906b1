"""How figures are drawn, compared and shown."""
