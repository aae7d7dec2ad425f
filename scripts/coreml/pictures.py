"""Pictures to check a converted model with: frames of a file, or made ones."""

import subprocess
from dataclasses import dataclass

import numpy as np

from .failure import UsageFailure


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
    if not path.is_file():
        raise UsageFailure(f'Pictures "{path}" do not exist')
    width, height = picture_size(path)
    place = fitted(width, height, description)
    grey = f"0x{int(description.pad):02x}" + f"{int(description.pad):02x}" * 2
    filters = [
        f"select=not(mod(n\\,{every}))",
        f"scale={place['width']}:{place['height']}:flags=bilinear",
        "format=rgb24",
        f"pad={description.width}:{description.height}:{place['x']}:{place['y']}:color={grey}",
    ]
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-i",
        str(path),
        "-vf",
        ",".join(filters),
        "-vsync",
        "passthrough",
    ]
    raw = run([*command, "-frames:v", str(count), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], path)
    frames = np.frombuffer(raw, np.uint8).reshape(-1, description.height, description.width, 3)
    if len(frames) == 0:
        raise UsageFailure(f'Pictures "{path}" have no frame that can be decoded')
    ratio = (place["width"] / width, place["height"] / height)
    return [
        Picture(
            index * every,
            ordered(frame.transpose(2, 0, 1).astype(np.float32), description),
            width,
            height,
            ratio,
            (place["x"], place["y"]),
        )
        for index, frame in enumerate(frames)
    ]


def fitted(width, height, description):
    """Size and place of a frame within the input, as the letterbox of docs/models.md says."""
    if description.letterbox == "stretch":
        return {"width": description.width, "height": description.height, "x": 0, "y": 0}
    ratio = min(description.width / width, description.height / height)
    size = {"width": max(1, int(width * ratio)), "height": max(1, int(height * ratio))}
    centred = description.letterbox == "centre"
    x, y = description.width - size["width"], description.height - size["height"]
    return {**size, "x": x // 2 if centred else 0, "y": y // 2 if centred else 0}


def ordered(image, description):
    """`[3, H, W]` RGB as `[1, C, H, W]` in the model's order; grey by ITU-R BT.601's weights."""
    if description.channels == "gray":
        weights = np.array([0.299, 0.587, 0.114], np.float32).reshape(3, 1, 1)
        image = (image * weights).sum(axis=0, keepdims=True).round()
    elif description.channels == "bgr":
        image = image[::-1]
    return np.ascontiguousarray(image[None], np.float32)


def picture_size(path):
    command = [
        "ffprobe",
        "-v",
        "error",
        "-select_streams",
        "v:0",
        "-show_entries",
        "stream=width,height",
    ]
    text = run([*command, "-of", "csv=p=0:s=x", str(path)], path).decode().strip().splitlines()
    if not text:
        raise UsageFailure(f'Pictures "{path}" have no video stream')
    width, height = text[0].split("x")[:2]
    return int(width), int(height)


def run(command, path):
    try:
        return subprocess.run(command, check=True, capture_output=True).stdout
    except FileNotFoundError as error:
        raise UsageFailure(f"{command[0]}, which reads pictures, is not installed") from error
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").strip().splitlines()
        why = lines[-1] if lines else f"{command[0]} ended with {error.returncode}"
        raise UsageFailure(f'Pictures "{path}" cannot be read: {why}') from error
