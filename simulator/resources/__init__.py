"""One module a resource family: its record, its rules, its lifecycle."""
