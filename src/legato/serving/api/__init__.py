"""The HTTP API: events in, and context out where the customer is (docs/http.md)."""
