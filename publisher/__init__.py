"""The desk's side: an editor's request becomes an entry of the stream."""
