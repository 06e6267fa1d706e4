"""An application that recommends films."""
