"""How pictures are made and compared."""
