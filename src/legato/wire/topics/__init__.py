"""The topics of Legato, one file each: their names, and what they hold."""
