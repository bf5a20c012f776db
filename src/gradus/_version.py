"""The version, as pyproject.toml has it: asking importlib.metadata takes 10 ms."""

VERSION = "0.1.0"
