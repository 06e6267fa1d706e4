"""moto expects this module of every service; our errors are in `simulator.errors`."""
