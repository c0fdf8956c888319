"""Counts how often a check was right: the share of warnings that are right, and the share of repeated news found."""

import msgspec


class Judgement(msgspec.Struct):
    """The results of one check."""

    right: int = 0
    wrong: int = 0
    """Warnings that name other news."""
    expected: int = 0
    """Lines that should be warned about."""

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.expected if self.expected else 1.0

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def add(self, *, is_warned: bool, is_right: bool, is_expected: bool) -> None:
        """Counts one line."""
        self.expected += is_expected
        self.right += is_warned and is_right
        self.wrong += is_warned and not is_right

    def row(self, name: str) -> str:
        """One line of a report."""
        return f"{name:26} precision {self.precision:.3f}   recall {self.recall:.3f}   F1 {self.f1:.3f}"
