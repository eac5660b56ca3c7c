"""Files of weights, read as data: nothing of them is run.

Needs neither PyTorch nor TensorFlow.
"""

from keras_gans.importers.readers.content import File, Folder, Network, Part, Unreadable
from keras_gans.importers.readers.reading import read

__all__ = ["File", "Folder", "Network", "Part", "Unreadable", "read"]
