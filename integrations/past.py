"""What an adapter may ask of the past. No Django here; `integrations.memory` keeps rows."""


class Memory:
    """What an adapter may ask of its connection's past. This one knows nothing; `integrations.memory` keeps rows."""

    # Names this connection's tokens and counts among all.
    key = ""

    def count(self, kind: str) -> int:
        """How many different names were noted."""
        return 0

    def knows(self, kind: str, name: str) -> bool:
        return False

    def note(self, kind: str, name: str) -> None:
        """Count `name` once, whatever happens to it later."""

    def proven(self) -> bool:
        """An answer has shown lately that the credentials are right."""
        return False

    def prove(self) -> None:
        """Such an answer came now."""
