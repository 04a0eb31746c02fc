"""Demo data: a believable city on the real forest, for trying the portal and for measuring it."""
