"""How a run looks: on a terminal, as lines, as a verdict."""
