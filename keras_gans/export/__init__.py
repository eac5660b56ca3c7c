"""Shipping networks: SavedModels that any TensorFlow process can use."""

from keras_gans.export import index
from keras_gans.export.card import Card
from keras_gans.export.conformance import check
from keras_gans.export.loader import load
from keras_gans.export.savedmodel import check_target, export

__all__ = ["Card", "check", "check_target", "export", "index", "load"]
