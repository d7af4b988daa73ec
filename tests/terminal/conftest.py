"""What the tests in real terminals need, and what happens where it is missing."""

import os
import shutil

import pytest


def require(tool: str, *folders: str) -> str:
    """Return where a tool is: on the path, or in other folders.

    Without it the test is skipped; where `CI=true`, it fails instead.
    """
    found = shutil.which(tool, path=os.pathsep.join([os.environ.get("PATH", os.defpath), *folders]))
    if found is None:
        message = f"{tool} is not installed"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{message}, and with CI=true nothing is skipped for want of a tool")
        pytest.skip(message)
    return found
