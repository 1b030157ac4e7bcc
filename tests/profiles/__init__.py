"""Providers as the embedded server plays them."""
