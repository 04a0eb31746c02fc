"""Floor 0 of the house: helpers without models that import no app."""
