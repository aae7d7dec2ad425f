"""Frames of a video or picture, by ffmpeg."""

import subprocess
import tempfile

import numpy as np

from .failure import UsageFailure


def decoded(path, count, every):
    """Yields `count` frames, every `every`-th, as `[3, H, W]` u8, RGB."""
    if not path.is_file():
        raise UsageFailure(f'Pictures "{path}" do not exist')
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(path)]
    command += ["-vf", f"select=not(mod(n\\,{every}))", "-vsync", "passthrough"]
    # PPM tells the size of each frame, turned as the video says it is to be shown.
    command += ["-frames:v", str(count), "-f", "image2pipe", "-c:v", "ppm", "-"]
    with tempfile.TemporaryFile() as errors:
        try:
            child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)
        except FileNotFoundError as error:
            raise UsageFailure("ffmpeg, which reads pictures, is not installed") from error
        seen = 0
        with child:
            while (frame := read_ppm(child.stdout)) is not None:
                seen += 1
                yield frame
        errors.seek(0)
        lines = errors.read().decode(errors="replace").strip().splitlines()
    if seen == 0:
        why = lines[-1] if lines else "no frame can be decoded"
        raise UsageFailure(f'Pictures "{path}" cannot be read: {why}')


def read_ppm(stream):
    """The next picture of a stream of PPM files, or None at its end."""
    if stream.readline() != b"P6\n":
        return None
    width, height = map(int, stream.readline().split())
    stream.readline()
    data = stream.read(width * height * 3)
    if len(data) < width * height * 3:
        return None
    return np.frombuffer(data, np.uint8).reshape(height, width, 3).transpose(2, 0, 1)
