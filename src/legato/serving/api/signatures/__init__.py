"""How vendors sign their webhooks, one file a scheme; pure: the time is an argument."""
