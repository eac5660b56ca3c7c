import types

import pytest

from keras_gans.metrics import protocols


def read(name):
    found = protocols.parse_metric(name)
    assert found.name == name
    return found


@pytest.mark.parametrize(
    ("name", "family", "count", "full"),
    [
        ("fid50k_full", "fid", 50_000, True),
        ("kid50k_full", "kid", 50_000, True),
        ("fid5k", "fid", 5_000, False),
        ("kid5k", "kid", 5_000, False),
        ("fid500", "fid", 500, False),
        ("fid12345_full", "fid", 12_345, True),
        ("is50k", "is", 50_000, False),
        ("is5k", "is", 5_000, False),
        ("msssim10k", "msssim", 10_000, False),
        # 2^14 images, as in 1710.10196, section 5.
        ("swd16k", "swd", 16_384, False),
        ("swd2k", "swd", 2_048, False),
        ("swd500", "swd", 500, False),
    ],
)
def test_counts(name, family, count, full):
    found = read(name)
    assert (found.family, found.count, found.full) == (family, count, full)
    assert (found.neighbours, found.space, found.part) == (None, None, None)


@pytest.mark.parametrize(
    ("name", "family", "count", "neighbours", "full"),
    [
        ("pr50k3_full", "pr", 50_000, 3, True),
        ("pr3k", "pr", 3_000, 3, False),
        ("pr3k3", "pr", 3_000, 3, False),
        ("pr3k10", "pr", 3_000, 10, False),
        ("pr300", "pr", 300, 3, False),
        ("dc5k", "dc", 5_000, 5, False),
        ("dc5k_full", "dc", 5_000, 5, True),
        ("dc10k7_full", "dc", 10_000, 7, True),
    ],
)
def test_neighbours(name, family, count, neighbours, full):
    found = read(name)
    assert (found.family, found.count, found.neighbours, found.full) == (family, count, neighbours, full)


@pytest.mark.parametrize(
    ("name", "count", "space", "part"),
    [
        ("ppl_zfull", 100_000, "z", "full"),
        ("ppl_zend", 100_000, "z", "end"),
        ("ppl_wfull", 100_000, "w", "full"),
        ("ppl_wend", 100_000, "w", "end"),
        ("ppl2_wend", 50_000, "w", "end"),
        ("ppl1k_zend", 1_000, "z", "end"),
        ("ppl20_wfull", 20, "w", "full"),
    ],
)
def test_paths(name, count, space, part):
    found = read(name)
    assert (found.family, found.count, found.space, found.part) == ("ppl", count, space, part)
    assert not found.compares


@pytest.mark.parametrize(
    "name",
    [
        "",
        "fid",
        "fid5kk",
        "FID5k",
        "fid5k_all",
        "is5k_full",
        "swd2k_full",
        "ppl_z",
        "ppl2_zend",
        "5k",
        "fid-5",
        "fid5k ",
        "fid05k",
        "fid\N{ARABIC-INDIC DIGIT FIVE}k",
        "pr50k03",
    ],
)
def test_other_names(name):
    if name == "ppl2_zend":  # a number of paths that is too small, rather than another name
        with pytest.raises(ValueError, match=r"from 10 to 1,000,000\. Received: 'ppl2_zend', which means 2"):
            protocols.parse_metric(name)
        return
    with pytest.raises(ValueError, match=r"fidN\[_full\].*isN.*ppl2_wend. Received: '") as error:
        protocols.parse_metric(name)
    assert repr(name) in str(error.value)


@pytest.mark.parametrize("name", ["fid9", "kid0", "fid1001k", "is99999999", "swd0k"])
def test_counts_out_of_range(name):
    with pytest.raises(ValueError, match=rf"from 10 to 1,000,000. Received: '{name}'"):
        protocols.parse_metric(name)


@pytest.mark.parametrize("name", ["pr1k0", "pr1k1000", "dc1k5000_full"])
def test_neighbours_out_of_range(name):
    with pytest.raises(ValueError, match=rf"neighbours of {name} must be from 1 to 999"):
        protocols.parse_metric(name)


def test_lists():
    found = protocols.parse_metrics("fid5k, pr3k,fid5k")
    assert [protocol.name for protocol in found] == ["fid5k", "pr3k"]
    with pytest.raises(ValueError, match="Received: ''"):
        protocols.parse_metrics("fid5k,")


def test_labels_carry_the_extractor():
    extractor = types.SimpleNamespace(name="inception-2015")
    assert read("fid50k").label(extractor) == "fid50k[inception-2015]"
    assert read("is5k").label(extractor) == "is5k[inception-2015]"
    assert read("swd16k").label(None) == "swd16k" and read("msssim10k").label(None) == "msssim10k"


def test_what_is_better():
    better = {
        name: read(name).lower_is_better for name in ("fid5k", "kid5k", "swd2k", "is5k", "pr5k", "dc5k")
    }
    assert read("ppl_wend").lower_is_better is None
    assert better == {"fid5k": True, "kid5k": True, "swd2k": True, "is5k": False, "pr5k": None, "dc5k": None}
    compares = {name: read(name).compares for name in ("fid5k", "swd2k", "is5k", "msssim1k")}
    assert compares == {"fid5k": True, "swd2k": True, "is5k": False, "msssim1k": False}
