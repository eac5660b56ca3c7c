import pytest
from reference.parity import arrays_of


@pytest.fixture(scope="module")
def fixture(request):
    """All arrays of the file of other implementations' numbers that a module names in `FIXTURE`."""
    return arrays_of(request.module.FIXTURE)
