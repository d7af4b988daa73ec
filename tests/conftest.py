"""Settings of all tests."""

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None, database=None)
"""In CI the same examples every time; by hand, new ones: what they find belongs into a test of its own."""
if os.environ.get("CI") == "true":
    settings.load_profile("ci")
