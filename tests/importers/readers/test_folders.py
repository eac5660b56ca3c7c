"""Folders of Diffusers and its like."""

import numpy as np
import pytest
from checkpoint_files import safetensors, torch_legacy, write_files

from keras_gans.importers.readers import Unreadable, read

A, B = np.arange(4, dtype="float32"), np.ones((2, 2), "float32")
BOTH = safetensors({"a": A, "b": B})
UNET = {"_class_name": "UNet2DModel", "_diffusers_version": "0.42.1", "sample_size": 8}
WEIGHTS = "diffusion_pytorch_model.safetensors"
INDEX = "diffusion_pytorch_model.safetensors.index.json"
FIRST, SECOND = (f"diffusion_pytorch_model-0000{i}-of-00002.safetensors" for i in (1, 2))
SHARDS = {
    INDEX: {"metadata": {"total_size": 32}, "weight_map": {"a": FIRST, "b": SECOND}},
    FIRST: safetensors({"a": A}),
    SECOND: safetensors({"b": B}),
}


def write(folder, **parts):
    """A pipeline of a U-Net whose weights are files, and a scheduler."""
    index = {
        "_class_name": "DDPMPipeline",
        "unet": ["diffusers", "UNet2DModel"],
        "scheduler": ["diffusers", "DDPMScheduler"],
        "tokenizer": ["transformers", "BertTokenizer"],
        "safety_checker": [None, None],
        "requires_safety_checker": False,
    }
    scheduler = {"_class_name": "DDPMScheduler", "beta_start": 0.1}
    files = {"model_index.json": index, "scheduler/scheduler_config.json": scheduler}
    return write_files(folder, files | {f"unet/{name}": content for name, content in parts.items()})


def check(part):
    assert (part.class_name, part.config) == ("UNet2DModel", {"sample_size": 8})
    assert list(part.tensors) == ["a", "b"]
    np.testing.assert_array_equal(part.tensors["a"], A)
    np.testing.assert_array_equal(part.tensors["b"], B)


def test_a_pipeline(tmp_path):
    found = read(write(tmp_path, **{"config.json": UNET, WEIGHTS: BOTH}))
    assert found.kind == "diffusers folder" and found.content.class_name == "DDPMPipeline"
    assert list(found.content.parts) == ["unet", "tokenizer"]
    check(found.content.parts["unet"])
    assert found.content.parts["tokenizer"].tensors == {}
    scheduler = found.content.scheduler
    assert (scheduler.class_name, scheduler.config) == ("DDPMScheduler", {"beta_start": 0.1})


@pytest.mark.parametrize(
    "files",
    [
        {WEIGHTS: BOTH},
        {"diffusion_pytorch_model.bin": torch_legacy({"a": A, "b": B})},
        {"diffusion_pytorch_model.fp16.safetensors": BOTH},
        SHARDS,
        {INDEX.replace(".json", ".fp16.json"): SHARDS[INDEX], **{n: SHARDS[n] for n in (FIRST, SECOND)}},
    ],
)
def test_a_model_alone(tmp_path, files):
    found = read(write_files(tmp_path, {"config.json": UNET, **files}))
    assert found.kind == "diffusers folder" and found.content.class_name is None
    check(found.content.parts["model"])


def test_a_folder_of_another_library(tmp_path):
    files = {"config.json": {"z_dim": 4}, "pytorch_model.bin": torch_legacy({"a": A})}
    found = read(write_files(tmp_path, files))
    assert found.kind == "model folder" and found.content.parts["model"].config == {"z_dim": 4}


def test_several_sets_of_weights(tmp_path):
    files = {WEIGHTS: BOTH, "diffusion_pytorch_model.bin": torch_legacy({"a": A})}
    folder = write_files(tmp_path, {"config.json": UNET, **files})
    with pytest.raises(Unreadable, match=r"2 sets of weights, diffusion_pytorch_model.bin, .*safetensors"):
        read(folder)
    check(read(folder, weights=WEIGHTS).content.parts["model"])
    assert list(read(folder, weights="diffusion_pytorch_model.bin").content.parts["model"].tensors) == ["a"]
    with pytest.raises(Unreadable, match=r"no weights 'other'. Allowed are diffusion_pytorch_model.bin"):
        read(folder, weights="other")


@pytest.mark.parametrize(
    "changes, message",
    [
        ({WEIGHTS: BOTH}, "2 sets of weights"),
        ({INDEX: None}, "only parts without their index"),
        ({FIRST: None}, f"names the file {FIRST}, which is not there"),
        ({SECOND: BOTH}, "differ in a: they are of two saves"),
        ({FIRST: safetensors({"a": A[:2]})}, "32 bytes of tensors; its files have 24"),
        ({INDEX: {"weight_map": {"a": "../other.safetensors"}}}, "names the file '../other.safetensors'"),
        ({INDEX: {"weight_map": {"a": "/other.safetensors"}}}, "names the file '/other.safetensors'"),
        ({INDEX: {"weight_map": {"a": ["x"]}}}, "no 'weight_map' of tensors to files"),
        ({INDEX: {"weight_map": 3}}, "no 'weight_map' of tensors to files"),
        ({"config.json": None}, "without model_index.json and config.json"),
        ({FIRST: torch_legacy({"a": A, "step": 3})}, "it holds more than tensors"),
        ({FIRST: SHARDS[FIRST][:-1]}, f"of {FIRST}, tensor 'a' of 16 bytes"),
    ],
)
def test_shards_that_do_not_fit(tmp_path, changes, message):
    files = {"config.json": UNET, **SHARDS, **changes}
    folder = write_files(tmp_path, {name: content for name, content in files.items() if content is not None})
    with pytest.raises(Unreadable, match=message):
        read(folder)


def test_links_lead_nowhere_else(tmp_path):
    other = write_files(tmp_path / "other", {"weights": BOTH})
    folder = write_files(tmp_path / "model", {"config.json": UNET})
    (folder / WEIGHTS).symlink_to(other / "weights")
    with pytest.raises(Unreadable, match=r"is a link to .*outside of the folder"):
        read(folder)


def test_links_into_the_store_of_a_cache(tmp_path):
    blobs = write_files(tmp_path / "blobs", {"123": BOTH})
    folder = write_files(tmp_path / "snapshots" / "abc", {"config.json": UNET})
    (folder / WEIGHTS).symlink_to(blobs / "123")
    check(read(folder).content.parts["model"])


def test_a_part_that_is_missing(tmp_path):
    with pytest.raises(Unreadable, match=r"'unet' has no configuration. Download the folder unet/"):
        read(write(tmp_path))
    (tmp_path / "unet" / "config.json").mkdir(parents=True)
    with pytest.raises(Unreadable, match=r"it has no config.json\. Download that file"):
        read(tmp_path)
    (tmp_path / "unet" / "config.json").rmdir()
    write_files(tmp_path, {"unet/config.json": UNET})
    with pytest.raises(Unreadable, match=r"has no weights. Download"):
        read(tmp_path)


def test_a_part_outside(tmp_path):
    folder = write(tmp_path)
    write_files(folder, {"model_index.json": {"../unet": ["diffusers", "UNet2DModel"]}})
    with pytest.raises(Unreadable, match=r"names the file '../unet'"):
        read(folder)
