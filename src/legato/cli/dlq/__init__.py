"""`legato dlq`: what could not be followed, why, and the way back."""
