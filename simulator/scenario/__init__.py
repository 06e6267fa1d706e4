"""Scenario files: their model, the runner, the assertions, the report."""
