"""The stream as the desk writes it: the publish script and its calls, the stored versions, backfill and rekey."""
