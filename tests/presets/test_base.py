from keras_gans import presets
from keras_gans.presets.base import adversarial


def preset(**more):
    options = {"paper": "p", "generator": {"a": 1}, "discriminator": {"b": 2}, "optimizer": {}}
    return adversarial("x", 8, **options, batch_size=4, learning_rate=0.1, steps=10, **more)


def test_images_count_those_of_every_update():
    one, five = preset(), preset(discriminator_steps=5)
    assert one["schedule"] == {"images": 40, "batch_sizes": {8: 4}, "learning_rates": {8: 0.1}}
    assert five["schedule"] == {"images": 200, "batch_sizes": {8: 20}, "learning_rates": {8: 0.1}}
    assert five["discriminator_steps"] == 5
    assert one["network"] == {"generator": {"a": 1}, "discriminator": {"b": 2}}


def test_more_entries_replace_the_defaults():
    assert preset()["flip"] is True and preset()["average"] == {"decay": 0.0}
    found = preset(flip=False, data="emoji", average={"decay": 0.9})
    assert (found["flip"], found["data"], found["average"]) == (False, "emoji", {"decay": 0.9})


def test_every_adversarial_preset_says_all_of_it():
    for name in presets.preset_names():
        found = presets.get_preset(name)
        if found["model"] not in ("progan", "stylegan", "ddpm"):  # those grow, or have one player
            assert set(preset()) <= set(found), name
