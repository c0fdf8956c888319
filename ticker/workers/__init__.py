"""State that the workers of one service share: a slot for each in shared memory, and the totals of their metrics."""
