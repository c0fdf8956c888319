"""The stream as the desk writes it: one script a batch, the stored versions, and signing them again."""
