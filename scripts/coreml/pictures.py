"""Pictures to check a converted model with: frames of a file, or a drawn street and made ones."""

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .interpreter_layers import resize_bilinear
from .video import decoded


@dataclass
class Picture:
    """One frame, fitted to the model's input, and how to get back to its own pixels."""

    frame: int
    pixels: np.ndarray
    """Values 0-255, f32, `[1, C, H, W]` in the model's own channel order."""
    width: int
    height: int
    ratio: tuple
    offset: tuple

    def source_box(self, box):
        """`xyxy` of the input as `xyxy` of the frame, clipped to it."""
        limits = (self.width, self.height) * 2
        moved = [(box[i] - self.offset[i % 2]) / self.ratio[i % 2] for i in range(4)]
        return [float(np.clip(value, 0, limit)) for value, limit in zip(moved, limits)]


STREET = Path(__file__).with_name("street.ppm.gz")
"""A frame of the demo scene; scripts/gen-street-picture.ts draws it."""


def default_pictures(description, count):
    """The street, in which a detector of persons or cars sees some, then made ones."""
    return [street_picture(description), *made_pictures(description, count - 1)]


def street_picture(description):
    header, size, levels, pixels = gzip.decompress(STREET.read_bytes()).split(b"\n", 3)
    if (header, levels) != (b"P6", b"255"):
        raise ValueError(f"{STREET} is no PPM of 8 bits")
    width, height = map(int, size.split())
    frame = np.frombuffer(pixels, np.uint8).reshape(height, width, 3).transpose(2, 0, 1)
    return framed(0, frame, description)


def made_pictures(description, count, seed=7):
    """Gradients, coloured rectangles and noise; the same for the same seed."""
    random = np.random.default_rng(seed)
    height, width = description.height, description.width
    pictures = []
    for frame in range(count):
        slopes = random.uniform(-1, 1, (3, 2))
        y, x = np.mgrid[0:height, 0:width] / max(height, width)
        image = 128 + 100 * (slopes[:, :1, None] * y + slopes[:, 1:, None] * x)
        for _ in range(12):
            top, left = random.integers(0, height), random.integers(0, width)
            bottom, right = (
                top + random.integers(8, height // 2 + 9),
                left + random.integers(8, width // 2 + 9),
            )
            image[:, top:bottom, left:right] = random.uniform(0, 255, (3, 1, 1))
        image = np.clip(image + random.normal(0, 6, image.shape), 0, 255).round()
        pixels = ordered(image.astype(np.float32), description)
        pictures.append(Picture(frame, pixels, width, height, (1.0, 1.0), (0, 0)))
    return pictures


def file_pictures(path, description, count, every):
    """`count` frames of a picture or video, every `every`-th, fitted as the model wants them."""
    frames = enumerate(decoded(path, count, every))
    return [framed(index * every, frame, description) for index, frame in frames]


def framed(number, frame, description):
    """A frame `[3, H, W]` RGB, fitted as the model wants it."""
    _, height, width = frame.shape
    place = fitted(width, height, description)
    image = np.full((3, description.height, description.width), description.pad, np.float32)
    inside = resized(frame, place["width"], place["height"])
    image[:, place["y"] :, place["x"] :][:, : place["height"], : place["width"]] = inside
    offset = (place["x"], place["y"])
    return Picture(number, ordered(image, description), width, height, place["ratio"], offset)


def resized(image, width, height):
    """Bilinear, between the centres of pixels, whole values: as OpenCV's INTER_LINEAR."""
    scaled = resize_bilinear(image[None].astype(np.float32), height, width, "UNALIGN_CORNERS")
    return np.floor(scaled[0] + 0.5)


def fitted(width, height, description):
    """Size, place and ratio of a frame within the input, as the letterbox of docs/models.md says.

    Boxes go back by the one ratio the letterbox is made with, as in the models' own code, though a
    side that is rounded down ends up to a pixel before it.
    """
    if description.letterbox == "stretch":
        size = {"width": description.width, "height": description.height, "x": 0, "y": 0}
        return {**size, "ratio": (description.width / width, description.height / height)}
    ratio = min(description.width / width, description.height / height)
    size = {"width": max(1, int(width * ratio)), "height": max(1, int(height * ratio))}
    centred = description.letterbox == "centre"
    x, y = description.width - size["width"], description.height - size["height"]
    place = {"x": x // 2 if centred else 0, "y": y // 2 if centred else 0}
    return {**size, **place, "ratio": (ratio, ratio)}


def ordered(image, description):
    """`[3, H, W]` RGB as `[1, C, H, W]` in the model's order; grey by ITU-R BT.601's weights."""
    if description.channels == "gray":
        weights = np.array([0.299, 0.587, 0.114], np.float32).reshape(3, 1, 1)
        image = (image * weights).sum(axis=0, keepdims=True).round()
    elif description.channels == "bgr":
        image = image[::-1]
    return np.ascontiguousarray(image[None], np.float32)
