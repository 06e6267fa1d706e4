"""Recipes and models: the catalogue, training, updating, serving, metrics."""
