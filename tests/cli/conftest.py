"""Runs to record and to go on from; the fixtures are those of tests/records."""

from tests.records.conftest import made, place, table  # noqa: F401 pytest finds them here
