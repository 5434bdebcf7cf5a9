"""A company's own topics: records become events, by maps and checks."""
