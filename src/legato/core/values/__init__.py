"""Values that everything else is made of: time, names, results, outputs."""
