"""Configuration: what people write, and what they are told."""
