"""What an adapter does next: facts in, commands out; no I/O, clock or threads."""
