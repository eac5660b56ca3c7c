import json
import shutil

import keras
import pytest
import tensorflow as tf

from keras_gans.export import card, load, module


def test_content(exported, conditional, loaded):
    content = card.read(exported)
    assert content["preset"] == "tiny_noise_8"
    assert content["images_seen"] == 1234
    assert content["parameters"] == 7 * 64 + 8 + 4 * 3 * 9 + 3
    assert content["versions"] == {"tensorflow": tf.__version__, "keras": keras.__version__}
    assert content["signatures"]["default"] == {
        "inputs": {
            "z": {"shape": [None, 6], "dtype": "float32", "range": "[-1e+06, 1e+06]", "limits": [None, None]}
        },
        "outputs": {"default": {"shape": [None, 8, 8, 3], "dtype": "float32", "range": "[0, 1]"}},
    }
    names = {"default", "serving_default", "image_bytes", "latents", "sample", "mapping"}
    assert set(content["signatures"]) == names
    assert set(loaded.signatures) == names
    inputs = card.read(conditional)["signatures"]["sample"]["inputs"]
    assert list(inputs) == ["num", "seed", "y", "truncation"]
    assert inputs["num"]["range"] == "[0, 1024]"


def test_outputs_that_amplify_rounding_are_named(network, make_card):
    exportable = module.build(network)
    plain = card.describe(make_card(), network, exportable, {})
    wild = card.describe(make_card(), network, exportable, {"sample": 0.25, "default": 0.875})
    assert (plain["tolerance"], wild["tolerance"]) == (1e-5, 8.75)
    assert wild["notes"][:-2] == plain["notes"]
    assert wild["notes"][-1].startswith(
        "Outputs of `default` change by 0.9 where inputs change by a millionth"
    )


def test_readme(exported, conditional):
    text = (exported / "README.md").read_text()
    for words in ("# tiny_noise_8", "CC0-1.0", "1,234", "An export is a program", "| `mapping` |"):
        assert words in text
    assert "## Metrics" not in text and "samples.png" not in text
    text = (conditional / "README.md").read_text()
    assert "cat, dog, hat" in text


@pytest.mark.parametrize("kind", ["conditional", pytest.param("exported", marks=pytest.mark.full)])
def test_usage_runs_as_printed(kind, request):
    pytest.importorskip("tensorflow_hub")
    path = request.getfixturevalue(kind)
    snippet = (path / "README.md").read_text().split("```python\n")[1].split("```")[0]
    names = {"PATH": str(path)}
    exec(snippet, names)
    assert names["images"].shape == (4, 8, 8, 3)


def test_update(exported, tmp_path):
    path = tmp_path / "1"
    shutil.copytree(exported, path)
    metrics = {"fid50k_full": 7.25, "kid": {"mean": 0.001, "n": 50}}
    (path / "samples.png").write_bytes(b"a picture")
    content = card.update(path, metrics=metrics, notes=["Draws no hands."])
    assert card.read(path) == content and content["metrics"] == metrics
    text = (path / "README.md").read_text()
    for words in (
        "| fid50k_full | 7.25 |",
        "| kid: mean | 0.001 |",
        "Draws no hands.",
        "samples.png",
    ):
        assert words in text
    load(path, verify=True)  # the sums fit again
    with pytest.raises(ValueError, match="author"):
        card.update(path, author="me")
    with pytest.raises(ValueError, match="JSON"):
        card.update(path, metrics={"fid": float("nan")})
    assert json.loads((path / "card.json").read_text()) == content


def test_update_does_not_bless_a_damaged_model(exported, tmp_path):
    path = tmp_path / "1"
    shutil.copytree(exported, path)
    with open(path / "saved_model.pb", "ab") as file:
        file.write(b"\0")
    card.update(path)
    with pytest.raises(ValueError, match=r"differs: saved_model\.pb"):
        load(path, verify=True)


def test_no_card(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"card\.json"):
        card.read(tmp_path)


def test_a_licence_table_stays_a_table(exported):
    content = {**card.read(exported), "data_license": "| style | licence |\n|---|---|\n| noto | Apache-2.0 |"}
    text = card.render(content)
    assert "## Licence of the data\n\n| style | licence |\n|---|---|\n| noto | Apache-2.0 |\n" in text


def test_words_for_images_of_open_size():
    images = {
        "shape": [None, None, None, 3],
        "dtype": "float32",
        "limits": [0.0, 1.0],
        "open_sizes": [64, 64],
    }
    assert card._example("images", images) == "tf.random.uniform([4, 64, 64, 3])"
    signature = {"inputs": {"images": {**images, "range": "[0, 1]"}}, "outputs": {}}
    words = "`images`: float32 (batch, any, any, 3), [0, 1], sizes any multiple of 64, at least 64"
    assert words in card._signature_table({"default": signature})
