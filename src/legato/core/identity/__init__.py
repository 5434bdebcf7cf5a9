"""Whose an event is: identifiers, links, and what a customer keeps of them."""
