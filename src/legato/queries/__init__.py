"""What the topics say, found and read for whoever asks: no printing here."""
