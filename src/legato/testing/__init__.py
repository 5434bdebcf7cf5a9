"""What Legato gives to those who test with it."""
