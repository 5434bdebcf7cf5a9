"""The line over one partition: an event in, time passing, outputs out."""
