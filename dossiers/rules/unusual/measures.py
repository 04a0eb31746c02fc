"""What of a return is looked at. The names are stored with the flags and stay as they are."""

# Counts, judged for the whole return and for each of its lines. `received` is what came in within the period.
COUNTED = ("received", "resolved", "overdue", "pending")
# Shares, judged for the whole return: name → numerator and denominator.
SHARES = {"late_share": ("overdue", "resolved"), "online_share": ("online", "received")}
# How many lines hold exactly what they held in the period before, and how many fell to nothing.
REPEATED, VANISHED = "repeated", "vanished"
MEASURES = (*COUNTED, *SHARES, REPEATED, VANISHED)

HIGH, LOW, SAME = "high", "low", "same"
