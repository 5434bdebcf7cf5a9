"""`legato adapter`: what brings actions to customers."""
