"""What goes out, by rules of safety that hold for all of it; nothing here knows actions."""
