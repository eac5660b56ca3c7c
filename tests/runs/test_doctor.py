import tensorflow as tf

import tiny_presets
from keras_gans import presets
from keras_gans.runs import doctor


def test_what_there_is(tmp_path, monkeypatch):
    found = doctor.machine(tmp_path)
    assert found["tensorflow"] == tf.version.VERSION and int(found["cores"]) >= 1
    assert found["disk"].endswith(f"GiB free in {tmp_path}")
    gpu = tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [gpu])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda _: {"device_name": "A"})
    assert doctor.machine(tmp_path)["gpus"] == "/physical_device:GPU:0 (A)"
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    assert doctor.machine(tmp_path)["gpus"].startswith("none: ")


def test_why_there_is_no_gpu(tmp_path, monkeypatch):
    """The first thing that is missing, and what brings it."""
    line = f'`pip install "tensorflow[and-cuda]=={tf.version.VERSION}"`'
    driver = tmp_path / "version"

    def why(environment=(), with_cuda=True):
        return doctor.why_no_gpu(dict(environment), driver=driver, with_cuda=with_cuda)

    assert "built without CUDA" in why(with_cuda=False) and line in why(with_cuda=False)
    assert "no NVIDIA driver is loaded" in why() and line in why()
    driver.touch()
    assert why({"CUDA_VISIBLE_DEVICES": "-1"}) == "CUDA_VISIBLE_DEVICES=-1 hides them. Unset it"
    monkeypatch.setattr(doctor, "missing_libraries", lambda: ["nvidia-cudnn-cu12"])
    assert "not all there (nvidia-cudnn-cu12)" in why() and line in why()
    monkeypatch.setattr(doctor, "missing_libraries", list)
    assert "do not fit" in why()


def test_missing_libraries(monkeypatch):
    lines = ["numpy>=1", 'nvidia-none-cu12<13.0,>=12.5; extra == "and-cuda"', 'keras>3; extra == "and-cuda"']
    monkeypatch.setattr(doctor.importlib.metadata, "requires", lambda name: lines)
    assert doctor.missing_libraries() == ["nvidia-none-cu12"]


def test_free_memory(tmp_path):
    table = tmp_path / "meminfo"
    assert doctor.free_memory(table) == "not known on this system"
    table.write_text("MemTotal:   4194304 kB\nMemFree:   1 kB\nMemAvailable:    1048576 kB\n")
    assert doctor.free_memory(table) == "1.0 of 4.0 GiB free"


def test_families_have_presets_of_the_embedded_images():
    found = doctor.families()
    assert set(presets.models()) - set(found) == {"latent_diffusion"}
    assert found["ddpm"].name == "ddpm_emoji_32"


def test_a_family_is_tried(untraced):
    preset = tiny_presets.tiny("dcgan", batch_size=2)
    assert doctor.try_family(preset).endswith(" s in all)")
    broken = preset.replace_network("generator", width=-3)
    assert doctor.try_family(broken).startswith("failed: ")


def test_bad_data_is_said():
    preset = presets.get("dcgan_emoji_32")
    preset = preset.replace(data=preset.data.replace(spec="emoji:nothing"))
    assert doctor.try_family(preset).startswith("failed: ValueError: ")
