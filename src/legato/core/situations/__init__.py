"""The primitives from which situations are made: one file each."""
