"""An agent of your own: it hears what the line said, once that is committed."""

from collections.abc import AsyncIterable

from legato import Action, LegatoApp, Output


def agents(app: LegatoApp) -> None:
    """Add the agent; Legato finds this function by the entry point in pyproject.toml."""

    @app.agent(app.outputs, name="announce")
    async def announce(batches: AsyncIterable[list[Output]]) -> None:
        """Print each action as it is decided."""
        async for outputs in batches:
            for output in outputs:
                if isinstance(output, Action):
                    print(f"{output.action} to {output.channel}", flush=True)
