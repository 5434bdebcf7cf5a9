"""What somebody else adds: each is one file, and one line of a list."""
