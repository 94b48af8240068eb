"""One network for every test."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
# The generated client is a package of its own name.
sys.path.insert(0, str(HERE / ".client"))

from network import Network  # noqa: E402


@pytest.fixture(scope="session")
def network():
    network = Network()
    yield network
    network.close()
