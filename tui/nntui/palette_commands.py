"""The command palette, made from the table of actions."""

from textual.command import DiscoveryHit, Hit, Hits, Provider

from nntui.actions import ACTIONS


class Commands(Provider):
    """Every action that has a key can be searched for."""

    async def discover(self) -> Hits:
        """Yield all actions, in the order of the table."""
        for action in ACTIONS:
            if action.name not in ("move", "palette"):
                yield DiscoveryHit(f"{action.help} ({action.key})", self._call(action.name))

    async def search(self, query: str) -> Hits:
        """Yield the actions whose sentence fits."""
        matcher = self.matcher(query)
        for action in ACTIONS:
            text = f"{action.help} ({action.key})"
            score = matcher.match(text)
            if score > 0 and action.name not in ("move", "palette"):
                yield Hit(score, matcher.highlight(text), self._call(action.name))

    def _call(self, name: str):  # type: ignore[no-untyped-def]
        async def call() -> None:
            await self.app.run_action(f"screen.do('{name}')")

        return call
