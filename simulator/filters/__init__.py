"""Filters: expressions as CreateFilter takes them, checked against schemas, and evaluated."""
