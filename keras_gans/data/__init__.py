"""Images to train on: sources, decoding, the stream of batches, clean sets on disk."""

from keras_gans.data.decoding import BadImage
from keras_gans.data.domains import DomainData, load_domains, open_domains
from keras_gans.data.embedded import Emoji
from keras_gans.data.encoded import EncodedData, encode
from keras_gans.data.fingerprint import Fingerprint, fingerprint
from keras_gans.data.folder import ImageFolder
from keras_gans.data.halves import Half
from keras_gans.data.idx import IDX
from keras_gans.data.image_data import ImageData, load
from keras_gans.data.pairs import PairData, SourcePair, load_pairs, open_pairs
from keras_gans.data.prepare import prepare
from keras_gans.data.sources import open_source
from keras_gans.data.tfds import TFDS

__all__ = [
    "IDX",
    "TFDS",
    "BadImage",
    "DomainData",
    "Emoji",
    "EncodedData",
    "Fingerprint",
    "Half",
    "ImageData",
    "ImageFolder",
    "PairData",
    "SourcePair",
    "encode",
    "fingerprint",
    "load",
    "load_domains",
    "load_pairs",
    "open_domains",
    "open_pairs",
    "open_source",
    "prepare",
]
