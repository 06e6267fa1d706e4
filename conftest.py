"""Tests of a checkout that is not installed have the plugin as well."""

from importlib.metadata import entry_points

pytest_plugins = ["pytester"]
if "personalize-simulator" not in entry_points(group="pytest11").names:
    pytest_plugins.append("_personalize_simulator_plugin")
