"""YOLOX in numpy and OpenCV: picture to tensor, output to detections.

The letterbox is YOLOX's own (top left, padded with 114, BGR, 0-255); the output [1, N, 5 + classes]
holds grid offsets and logarithmic sizes at strides 8, 16 and 32 (Ge et al., "YOLOX: Exceeding YOLO
Series in 2021", and the project's demo_utils.py).
"""

import cv2
import numpy as np

PAD = 114
STRIDES = (8, 16, 32)
CONFIDENCE = 0.25
IOU = 0.45
DETECTION_COUNT_MAX = 300


class Letterbox:
    """Writes BGR pictures of one size into one f32 NCHW tensor."""

    def __init__(self, width, height, size):
        self.ratio = min(size / width, size / height)
        self.width, self.height = int(width * self.ratio), int(height * self.ratio)
        self.tensor = np.full((1, 3, size, size), PAD, np.float32)
        self.resized = np.empty((self.height, self.width, 3), np.uint8)

    def write(self, frame):
        cv2.resize(frame, (self.width, self.height), dst=self.resized)
        self.tensor[0, :, : self.height, : self.width] = self.resized.transpose(2, 0, 1)
        return self.tensor


class Decoder:
    """Turns a raw output into boxes (x, y, width, height in pixels), scores and class ids."""

    def __init__(self, size):
        cells, steps = [], []
        for stride in STRIDES:
            side = size // stride
            y, x = np.mgrid[:side, :side]
            cells.append(np.stack([x.ravel(), y.ravel()], 1))
            steps.append(np.full((side * side, 1), stride))
        self.cells = np.concatenate(cells).astype(np.float32)
        self.steps = np.concatenate(steps).astype(np.float32)

    def decode(self, output, ratio):
        rows = output[0]
        # Only rows whose objectness could still reach the threshold need their classes looked at.
        candidates = np.flatnonzero(rows[:, 4] > CONFIDENCE)
        rows = rows[candidates]
        classes = rows[:, 5:].argmax(1)
        scores = rows[:, 4] * rows[np.arange(len(rows)), 5 + classes]
        kept = np.flatnonzero(scores > CONFIDENCE)
        rows, classes, scores = rows[kept], classes[kept], scores[kept]
        cells, steps = self.cells[candidates[kept]], self.steps[candidates[kept]]
        centres = (rows[:, :2] + cells) * steps / ratio
        sides = np.exp(rows[:, 2:4]) * steps / ratio
        return np.concatenate([centres - sides / 2, sides], 1), scores, classes


def suppress_opencv(boxes, scores, classes):
    """Class-wise NMS in OpenCV; returns the indices kept."""
    if len(scores) == 0:
        return np.empty(0, np.int64)
    return cv2.dnn.NMSBoxesBatched(
        boxes, scores, classes, CONFIDENCE, IOU, top_k=0
    )[:DETECTION_COUNT_MAX]


def suppress_numpy(boxes, scores, classes):
    """Class-wise NMS in plain numpy, the greedy way; returns the indices kept."""
    # Moving every class to a place of its own makes one pass over all of them class-wise.
    shift = classes[:, None] * (boxes[:, :2].max(initial=0) + boxes[:, 2:].max(initial=0) + 1)
    left, top = (boxes[:, :2] + shift).T
    right, bottom = left + boxes[:, 2], top + boxes[:, 3]
    area = boxes[:, 2] * boxes[:, 3]
    order = scores.argsort()[::-1]
    kept = []
    while len(order) > 0 and len(kept) < DETECTION_COUNT_MAX:
        first, rest = order[0], order[1:]
        kept.append(first)
        width = np.minimum(right[first], right[rest]) - np.maximum(left[first], left[rest])
        height = np.minimum(bottom[first], bottom[rest]) - np.maximum(top[first], top[rest])
        shared = np.maximum(width, 0) * np.maximum(height, 0)
        order = rest[shared <= IOU * (area[first] + area[rest] - shared)]
    return np.array(kept, np.int64)
