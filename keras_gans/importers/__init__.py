"""Public checkpoint files to our networks; the tensors of each family in one file.

`load` reads a file or a folder. Every family has `networks_from_tensors(config, tensors)`, where `config` is
the reference's own configuration and `tensors` its arrays under its own names. Imported weights keep the
licence under which they were published.
"""

from keras_gans.importers.files import FAMILIES, Imported, load

__all__ = ["FAMILIES", "Imported", "load"]
