"""Sign-in by OpenID Connect: see docs/desk.md."""
