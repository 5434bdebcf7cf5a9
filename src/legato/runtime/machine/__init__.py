"""What a worker does next: facts in, commands out; no I/O, clock or threads."""
