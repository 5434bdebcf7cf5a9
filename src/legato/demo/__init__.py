"""What `legato demo` shows: a day of customers, lived before your eyes."""
