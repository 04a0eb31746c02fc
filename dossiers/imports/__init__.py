"""How typed cells become checked rows: reading them and saving them."""
