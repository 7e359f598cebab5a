"""Source documents as fetched in; the entries they list, cleaned, out."""
