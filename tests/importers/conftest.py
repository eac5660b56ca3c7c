import sys

import pytest
from reference.parity import load
from reference.tensors import fill_again


@pytest.fixture(scope="module")
def fixture(request):
    """Configuration, tensors and all arrays of the file that a module names in `FIXTURE`."""
    return load(request.module.FIXTURE)


@pytest.fixture(scope="module")
def networks(request, fixture):
    """What the module's importer makes of that file."""
    return request.module.networks_from_tensors(*fixture[:2])


@pytest.fixture
def built_once(request, networks, monkeypatch):
    """The module's importer fills the networks of that file again, instead of new ones."""
    importer = sys.modules[request.module.networks_from_tensors.__module__]
    fill_again(importer, networks, monkeypatch)
