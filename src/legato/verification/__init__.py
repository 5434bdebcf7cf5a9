"""What the line must have said, found anew from the log by simpler means."""
