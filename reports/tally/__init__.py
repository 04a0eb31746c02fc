"""What pages of this floor add up and list; read only."""
