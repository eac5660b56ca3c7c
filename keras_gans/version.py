"""The version of the package, in one place: pyproject.toml and model cards read it here."""

__version__ = "0.2.0"
