import pytest
from reference.parity import load


@pytest.fixture(scope="module")
def fixture(request):
    """Configuration, tensors and all arrays of the file that a module names in `FIXTURE`."""
    return load(request.module.FIXTURE)


@pytest.fixture(scope="module")
def networks(request, fixture):
    """What the module's importer makes of that file."""
    return request.module.networks_from_tensors(*fixture[:2])
