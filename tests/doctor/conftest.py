"""A server on loopback that answers as a test says."""

from tests.models.conftest import scripted, served

__all__ = ["scripted", "served"]
