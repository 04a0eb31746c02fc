"""How typed cells become checked rows: reading them, judging them, saving them."""
