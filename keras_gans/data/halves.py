"""Pictures that hold two images side by side, as the sets of pix2pix do."""

from keras_gans.data.base import Source
from keras_gans.data.decoding import BadImage


class Half(Source):
    """The left or the right halves of the pictures of a folder.

    Args:
        source: `Source` of pictures twice as wide as high, or of others if it crops.
        side: "left" or "right".

    Example:
    ```python
    photos, drawings = (Half(ImageFolder("facades"), side) for side in ("left", "right"))
    ```
    """

    def __init__(self, source, side):
        if side not in ("left", "right"):
            raise ValueError(f'`side` must be "left" or "right". Received: {side!r}')
        self._source, self._side = source, side
        self.name = f"{source.name} ({side} halves)"
        self.crop = source.crop
        self.notes = source.notes if side == "left" else ()  # the halves are of the same pictures
        self.provenance = source.provenance

    def __len__(self):
        return len(self._source)

    def read(self, index):
        """Returns a half of picture number `index`: uint8 RGB array, `(height, width / 2, 3)`.

        Raises:
            BadImage: if the file cannot be used, its width is odd, or it is not wider than high.
        """
        picture = self._source.read(index)
        height, width = picture.shape[:2]
        if width % 2 or width <= height:
            raise BadImage(f"not two images side by side: {width}x{height}")
        middle = width // 2
        return picture[:, :middle] if self._side == "left" else picture[:, middle:]

    def stamp(self, index):
        """Returns that of picture number `index`, see `Source.stamp`."""
        return self._source.stamp(index)

    def item_name(self, index):
        """Returns the name of picture number `index`."""
        return self._source.item_name(index)
