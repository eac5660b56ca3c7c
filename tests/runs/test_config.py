import dataclasses
import json

import pytest

import tiny_presets
from keras_gans import presets, training
from keras_gans.runs import RunConfig
from keras_gans.runs.config import batch_sizes, flag_of, flags_of, read_batch_size
from keras_gans.version import __version__

PROGAN = presets.get("progan_emoji_32")


def configured(preset=PROGAN, **fields):
    return RunConfig(preset=preset, out="nowhere", **fields)


def test_without_changes_the_preset_is_resolved_as_it_is():
    config = configured()
    assert config.resolved == PROGAN and config.versions["keras_gans"] == __version__


def test_changes_of_the_preset():
    resolved = configured(
        data="photos/",
        resolution=64,
        batch_size={4: 64, 16: 8},
        flip=True,
        crop="center",
        conditional=True,
        channels="grey",
        images=1000,
        precision="mixed_float16",
    ).resolved
    assert resolved.batch_sizes == {4: 64, 8: 64, 16: 8, 32: 8, 64: 8}
    assert (resolved.resolution, resolved.images, resolved.precision) == (64, 1000, "mixed_float16")
    data = resolved.data
    assert (data.spec, data.flip, data.crop, data.conditional) == ("photos/", True, "center", True)
    assert data.channels == "grey"
    assert resolved.learning_rates == PROGAN.learning_rates


def test_changes_of_stylegan2():
    preset = presets.get("stylegan2_emoji_32")
    resolved = configured(preset, gamma=0.5, no_ada=True).resolved
    assert resolved.discriminator_terms[0].weight == 0.5 and resolved.augmentation is None
    with pytest.raises(ValueError, match="progan_emoji_32 has no field 'gamma'"):
        configured(gamma=0.5)
    with pytest.raises(ValueError, match="progan_emoji_32 has no field 'augmentation'"):
        configured(no_ada=True)


def test_flow_matching_on_a_network_of_diffusion(tmp_path):
    preset = presets.get("ddpm_emoji_32")
    config = RunConfig(preset=preset, out=str(tmp_path), objective="flow")
    assert config.resolved == preset.replace(objective="flow") != preset
    assert configured(preset, objective="diffusion").resolved == preset
    config.write()
    assert RunConfig.read(tmp_path) == config
    with pytest.raises(ValueError, match="progan_emoji_32 has no field 'objective'"):
        configured(objective="flow")


def test_another_run_s_average_has_no_ramp():
    preset = presets.get("stylegan2_emoji_32")
    resolved = configured(preset, init_from="runs/faces", freeze_d=2).resolved
    assert resolved.average == training.ExponentialMovingAverage(half_life=10_000)


@pytest.mark.parametrize(
    "fields, message",
    [
        ({"preset": presets.get("progan_celebahq_1024")}, "needs --data: a folder of CelebA-HQ"),
        ({"resolution": 47}, "power of two from 8 to.*The nearest is 48. Received: 47"),
        ({"channels": "gray"}, "`channels` of RunConfig must be 'rgb' or 'grey' or None"),
        ({"preset": presets.get("pix2pix_emoji_64"), "channels": "grey"}, '`channels` must be "rgb" where'),
        ({"preset": presets.get("ddpm_emoji_32"), "resolution": 28}, "multiple of 8 from 8.*4 levels"),
        ({"images": 0}, "--images must be positive. Received: 0"),
        ({"save_every": -1}, "--save-every must be positive. Received: -1"),
        ({"freeze_d": 2}, "--freeze-d keeps what --init-from brings"),
        ({"strategy": "tpu"}, "`strategy` of RunConfig must be 'auto' or 'none'"),
        ({"batch_size": {4: 0}}, "--batch-size takes 16 or 4:64,8:32 with resolutions of "),
        ({"batch_size": {64: 4}}, r"with resolutions of \[4, 8, 16, 32\]. Received: {64: 4}"),
    ],
)
def test_wrong_configurations(fields, message):
    with pytest.raises(ValueError, match=message):
        configured(**fields)


@pytest.mark.parametrize(
    "text, given, expected",
    [
        ("16", 16, {4: 16, 8: 16}),
        ("8:4", {8: 4}, {4: 4, 8: 4}),
        ("4:2,8:1", {4: 2, 8: 1}, {4: 2, 8: 1}),
    ],
)
def test_batch_sizes(text, given, expected):
    assert read_batch_size(text) == given and batch_sizes(given, 8) == expected


def test_batch_sizes_of_a_resolution_that_is_no_power_of_two():
    assert batch_sizes({8: 4, 28: 2}, 28) == {4: 4, 8: 4, 16: 4, 28: 2}


@pytest.mark.parametrize("text", ["", "x", "4:8:2", "-3", "4=8"])
def test_wrong_batch_sizes(text):
    with pytest.raises(ValueError, match=r"--batch-size takes 16 or 4:64,8:32\. Received: "):
        read_batch_size(text)


# === Files ===


def written(out, **changes):
    out.mkdir(parents=True, exist_ok=True)
    config = RunConfig(preset=tiny_presets.tiny("dcgan"), out=str(out), batch_size={4: 8}, **changes)
    config.write()
    return config


def test_config_json_reads_back_what_was_written(tmp_path):
    config = written(tmp_path / "run", seed=3, metric="fid2k", images=100)
    assert RunConfig.read(tmp_path / "run") == config
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["config.json"]


def test_a_folder_may_have_moved(tmp_path):
    config = written(tmp_path / "run")
    (tmp_path / "run").rename(tmp_path / "other")
    assert RunConfig.read(tmp_path / "other") == config.replace(out=str(tmp_path / "other"))


def test_a_key_of_a_preset_shadows_no_flag(tmp_path):
    """Both have `images`, `precision` and `data`: they stand in different places."""
    written(tmp_path, images=100, precision="mixed_bfloat16")
    content = json.loads((tmp_path / "config.json").read_text())
    assert (content["images"], content["preset"]["images"]) == (100, 204_800)
    assert (content["precision"], content["preset"]["precision"]) == ("mixed_bfloat16", "float32")
    assert not set(content) & {"networks", "average", "model"}


def test_an_unknown_or_missing_key_is_named(tmp_path):
    written(tmp_path)
    path = tmp_path / "config.json"
    good = json.loads(path.read_text())
    for change, message in (
        ({**good, "gama": 1}, "RunConfig has the unknown key 'gama'. Did you mean 'gamma'"),
        ({**good, "preset": {**good["preset"], "r1": {}}}, "RunConfig.preset has the unknown key 'r1'"),
        ({key: value for key, value in good.items() if key != "seed"}, "RunConfig lacks the keys seed"),
        ({**good, "format": 3}, "has format 3, this version of keras_gans reads 2"),
    ):
        path.write_text(json.dumps(change))
        with pytest.raises(ValueError, match=message):
            RunConfig.read(tmp_path)


def test_a_run_of_an_older_version_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model": "progan", "preset": "progan_emoji_32"}))
    with pytest.raises(ValueError, match=r"begun by keras_gans 0\.1\.0, which alone") as caught:
        RunConfig.read(tmp_path)
    text = str(caught.value)
    assert str(tmp_path / "export") in text and text.count(". ") == 0 and text.endswith("every version.")


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", '"text"'])
def test_a_configuration_of_another_program(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ValueError, match=r"config\.json is no configuration of a run"):
        RunConfig.read(tmp_path)


def test_a_run_needs_a_folder():
    with pytest.raises(ValueError, match="--out must name a folder"):
        RunConfig(preset=presets.get("dcgan_emoji_32"), out="")


def test_no_run(tmp_path):
    with pytest.raises(ValueError, match=r"There is no run in .*none: no .*config.json"):
        RunConfig.read(tmp_path / "none")


# === Flags ===


def test_every_field_that_a_person_sets_is_a_flag():
    fields = {field.name for field in dataclasses.fields(RunConfig)}
    flags = set().union(*map(flags_of, presets.models()))
    assert fields - flags == {"preset", "out", "extended_to", "threads", "versions"}
    assert set(flags_of("ddpm")) - set(flags_of("progan")) == {"objective"}
    assert set(flags_of("stylegan2")) - set(flags_of("progan")) == {"gamma", "no_ada"}
    assert set(flags_of("stylegan2")) - set(flags_of("stylegan")) == {"no_ada"}
    assert all(field.metadata["help"] for field, _ in flags_of("stylegan2").values())
    assert flag_of("no_ada") == "--no-ada"
