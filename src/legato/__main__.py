"""`python -m legato`: the same verbs as the `legato` command."""

from legato.cli import main

if __name__ == "__main__":
    main(prog_name="legato")
