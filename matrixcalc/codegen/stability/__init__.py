"""Forms that are equal on paper and not in floating point: the stable one is chosen."""
