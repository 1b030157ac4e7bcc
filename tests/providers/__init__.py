"""Presets: data that is right, look-ups, and what servers mean."""
