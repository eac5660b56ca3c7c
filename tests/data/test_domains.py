import numpy as np
import pytest
import tensorflow as tf

from keras_gans.data import DomainData, ImageFolder, load, load_domains, open_domains
from keras_gans.data.domains import TONES, EmojiStyles, EmojiTones, JoinedSources
from keras_gans.data.embedded import Emoji
from keras_gans.data.image_data import ImageData


class Pixels:
    """Images of one pixel: image `i` has the value `i`, and the domain `i % 3`, but for the last."""

    resolution, class_names, name, notes, crop = 1, ("a", "b", "c"), "pixels", (), None
    provenance = {"description": "", "licence": ""}

    def __init__(self, count=30):
        self.labels = (np.arange(count) % 3).astype("int32")
        self.labels[-1] = 0
        self.images = np.arange(count, dtype="uint8")[:, None, None, None].repeat(3, axis=-1)

    def data(self):
        return ImageData(self, 1, np.arange(len(self.labels)), images=self.images)


def numbers(images):
    return np.round((np.asarray(images)[:, 0, 0, 0] + 1) * 127.5).astype(int)


def take(dataset, count):
    parts = list(dataset.take(count).as_numpy_iterator())
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def test_styles_of_the_embedded_set():
    source, plain = open_domains("emoji:noto,fluent", split="test"), Emoji(("noto", "fluent"), "test")
    assert source.class_names == ("noto", "fluent") and source.labels.dtype == np.int32
    assert source.labels.tolist() == [0, 1] * 341
    np.testing.assert_array_equal(source.read(7), plain.read(7))
    assert source.key(6) == source.key(7)
    assert open_domains("emoji").class_names == ("fluent", "noto", "twemoji")


def test_tones_of_the_embedded_set():
    everything = Emoji(("noto", "twemoji"), "test")
    source = open_domains("emoji:noto,twemoji", "tones", split="test")
    assert source.class_names == TONES and len(source) == 32 * 6 * 2
    assert len(EmojiTones("noto")) == 272 * 6
    assert np.bincount(source.labels).tolist() == [64] * 6
    places = {everything.item_name(i): i for i in range(len(everything))}
    for i in (0, 1, 101, 383):
        entry = source.metadata[i]
        assert entry["tone"].startswith(("", "1f3fb", "1f3fc", "1f3fd", "1f3fe", "1f3ff")[source.labels[i]])
        assert bool(entry["tone"]) == bool(source.labels[i])
        assert source.key(i) == f"{entry['style']}/{entry['base']}"
        np.testing.assert_array_equal(source.read(i), everything.read(places[source.item_name(i)]))
    assert source.provenance["description"].startswith("192 emoji with skin tones (test) in the styles noto")


def test_counterparts_differ_in_the_domain_alone():
    source = EmojiTones("twemoji", "test")
    data = load_domains(source, 64, progress=False)
    places = data.counterparts()
    assert places.shape == (192, 6)
    np.testing.assert_array_equal(places[np.arange(192), data.labels], np.arange(192))
    np.testing.assert_array_equal(data.labels[places], np.tile(np.arange(6), (192, 1)))
    assert {source.metadata[i]["base"] for i in places[17]} == {source.metadata[17]["base"]}
    [dark, light] = data.take(places[:, [5, 1]].T.ravel()).reshape(2, -1)
    assert light.mean() > dark.mean() + 5


def test_no_counterparts_without_the_same_keys(flat_folder):
    source = JoinedSources([ImageFolder(flat_folder(2, name=name)) for name in ("one", "two")])
    assert load_domains(source, 8, progress=False).counterparts() is None


def test_a_folder_for_each_domain(flat_folder):
    paths = [str(flat_folder(count, name=name)) for count, name in ((3, "cat"), (2, "dog"), (4, "fox"))]
    source = open_domains(",".join(paths))
    assert source.class_names == ("cat", "dog", "fox") and source.name == "cat,dog,fox"
    assert source.labels.tolist() == [0, 0, 0, 1, 1, 2, 2, 2, 2]
    assert [source.read(i)[0, 0, 0] for i in (2, 3, 8)] == [2, 0, 3]
    assert source.item_name(4) == "dog/001.png"
    images = {index: image[0, 0, 0] for index, image in source.each(lambda index, image: image)}
    assert list(images) == list(range(9)) and list(images.values()) == [0, 1, 2, 0, 1, 0, 1, 2, 3]
    assert [index for index, _ in source.each(lambda index, image: image, {0, 2, 4, 8})] == [1, 3, 5, 6, 7]
    data = load_domains(source, 8, progress=False)
    assert data.images[:, 0, 0, 0].tolist() == list(images.values())
    assert "4  fox" in data.summary() and "images of the folder dog" in data.provenance["description"]
    assert data.provenance["licence"] == "not stated"


def test_one_folder_with_folders(flat_folder, tmp_path):
    for name in ("sun", "rain"):
        flat_folder(2, name=name)
    source = open_domains(str(tmp_path), ["rain", "sun"])
    assert source.class_names == ("rain", "sun")
    with pytest.raises(ValueError, match=r"The domains must be dry, sun\. Those of .* are: rain, sun"):
        open_domains(str(tmp_path), ["dry", "sun"])


def test_names_choose_the_domains_of_the_embedded_set():
    assert type(open_domains("emoji:noto", list(TONES))) is EmojiTones
    assert type(open_domains("emoji:noto,fluent", ("noto", "fluent"))) is EmojiStyles
    with pytest.raises(ValueError, match=r"must be cat, dog\. Those of emoji:noto,fluent are: noto, fluent"):
        open_domains("emoji:noto,fluent", ("cat", "dog"))


def test_sets_of_one_domain_are_refused(flat_folder):
    folder = str(flat_folder(3, name="cat"))
    with pytest.raises(ValueError, match=r"several domains must be .*Received: 'emoji:noto', which has one"):
        open_domains("emoji:noto")
    with pytest.raises(ValueError, match=r"a folder for each domain\. Received: .*cat', which has one"):
        open_domains(folder)
    with pytest.raises(ValueError, match=r"must have different names\. Received: cat, cat"):
        open_domains(f"{folder},{folder}")
    with pytest.raises(ValueError, match=r'"styles", "tones" or a list of names\. Received: \'tone\''):
        open_domains("emoji", "tone")


def test_strays_of_a_domain_are_images_of_it(flat_folder, tmp_path):
    cats = flat_folder(2, name="cat")
    for name in ("old", "new"):
        (cats / name).mkdir()
        (cats / name / "a.png").write_bytes((cats / "000.png").read_bytes())
    (cats / "a.heic").write_bytes(b"")
    source = open_domains(f"{cats},{flat_folder(2, name='dog')}")
    assert source.labels.tolist() == [0, 0, 0, 0, 1, 1]
    [note] = source.notes
    assert note.startswith("cat: 1 image in a format")


def test_attributes_of_tfds():
    tfds = pytest.importorskip("tensorflow_datasets")
    names = ["Male", "Young", "Blond_Hair"]
    with tfds.testing.mock_data(num_examples=12):
        source = open_domains("tfds:celeb_a", names, crop="center")
        rows = [row["attributes"] for row in tfds.load("celeb_a", split="train").as_numpy_iterator()]
        data = load_domains(source, 8, progress=False)
        assert data.class_names == tuple(names)
        expected = np.array([[row[name] for name in names] for row in rows], "float32")
        np.testing.assert_array_equal(data.labels, expected)
        batch = next(data.batches(batch_size=4, seed=0).as_numpy_iterator())
        assert batch["labels"].dtype == np.float32 and batch["labels"].shape == (4, 3)
        assert f"{int(expected[:, 1].sum()):>8,}  Young" in data.summary()
        assert data.counterparts() is None and data.examples(2)["labels"].shape == (2, 3)
        with pytest.raises(ValueError, match="References need domains that exclude each other"):
            DomainData(load(source, 8, progress=False), references=True)
        with pytest.raises(ValueError, match=r"Attributes of celeb_a must be among: .*Received: Elder$"):
            open_domains("tfds:celeb_a", ["Male", "Elder"])


def test_references_are_of_the_target_domain():
    pixels = Pixels()
    data = DomainData(pixels.data(), references=True)
    batch = take(data.batches(batch_size=10, seed=3), 60)
    targets = batch["target_labels"]
    assert targets.dtype == np.int32 and targets.shape == (600,)
    for name in ("references", "other_references"):
        assert batch[name].dtype == np.float32 and batch[name].shape == (600, 1, 1, 3)
        found = numbers(batch[name])
        np.testing.assert_array_equal(pixels.labels[found], targets)
        assert set(found) == set(range(30))
    assert np.all(numbers(batch["references"]) != numbers(batch["other_references"]))
    # Uniform over the domains, whatever their sizes and the label of the image: 200 +- 5 * 11.5.
    assert np.abs(np.bincount(targets) - 200).max() < 58
    assert len(set(zip(batch["labels"].tolist(), targets.tolist(), strict=True))) == 9
    np.testing.assert_array_equal(pixels.labels[numbers(batch["images"])], batch["labels"])
    other = take(data.batches(batch_size=10, seed=4), 60)["target_labels"]
    assert 100 < np.sum(other == targets) < 300


def test_a_domain_of_one_image_is_its_own_other_reference():
    pixels = Pixels(4)  # domains 0, 1, 2, 0
    batch = take(DomainData(pixels.data(), references=True).batches(batch_size=4, seed=0), 9)
    lonely = batch["target_labels"] > 0
    assert lonely.any()
    np.testing.assert_array_equal(
        numbers(batch["references"])[lonely], numbers(batch["other_references"])[lonely]
    )


def test_position_alone_decides():
    """Another batch size, start and replica: the same stream; so a resumed run goes on exactly."""
    data = DomainData(Pixels().data(), references=True)
    whole = take(data.batches(batch_size=6, seed=1, flip=True), 100)
    options = {"replicas": 2, "pipeline": 1}
    half = take(data.batches(batch_size=3, seed=1, flip=True, start=300, **options), 50)
    for name, values in half.items():
        rows = whole[name][300:].reshape(50, 2, 3, *values.shape[1:])
        np.testing.assert_array_equal(values.reshape(rows[:, 1].shape), rows[:, 1])


def test_references_are_mirrored_for_themselves():
    class Ramp(Pixels):
        resolution = 2

        def __init__(self):
            self.labels = np.array([0, 1, 2] * 2, "int32")
            self.images = np.tile(np.uint8([[[0], [255]]]), (6, 2, 1, 3)).reshape(6, 2, 2, 3)

    source = Ramp()
    data = DomainData(ImageData(source, 2, np.arange(6), images=source.images), references=True)
    batch = take(data.batches(batch_size=6, seed=0, flip=True), 50)
    flips = np.stack([batch[n][:, 0, 0, 0] > 0 for n in ("images", "references", "other_references")])
    assert np.all(np.abs(flips.mean(axis=1) - 0.5) < 0.15)
    assert np.all(np.abs(np.corrcoef(flips) - np.eye(3)) < 0.3)
    still = data.examples(6)
    assert np.all(still["references"][:, 0, 0, 0] == -1.0)


def test_examples_come_from_all_over_the_set():
    pixels = Pixels()
    batch = DomainData(pixels.data()).examples(4)
    assert numbers(batch["images"]).tolist() == [0, 10, 19, 29]
    assert batch["labels"].tolist() == [0, 1, 1, 0] and set(batch) == {"images", "labels"}
    batch = DomainData(pixels.data(), references=True).examples(100)
    assert len(batch["images"]) == 30
    np.testing.assert_array_equal(pixels.labels[numbers(batch["references"])], batch["target_labels"])


def test_smaller_resolutions_and_shapes():
    data = load_domains(EmojiTones("noto", "test"), 64, references=True, progress=False)
    small = data.at(16)
    assert data.at(64) is data and small.references and small.resolution == 16 and len(small) == 192
    images = tf.TensorSpec((4, 16, 16, 3), "float32")
    labels = tf.TensorSpec((4,), "int32")
    assert small.batches(batch_size=4, seed=0, flip=True).element_spec == {
        "images": images,
        "labels": labels,
        "target_labels": labels,
        "references": images,
        "other_references": images,
    }
    assert set(DomainData(data.data).batches(batch_size=4, seed=0).element_spec) == {"images", "labels"}


def test_empty_domains_are_refused():
    pixels = Pixels()
    pixels.labels[:] = 1
    with pytest.raises(ValueError, match=r"Every domain needs images\. Without any: a, c"):
        DomainData(pixels.data())
