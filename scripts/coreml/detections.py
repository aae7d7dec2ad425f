"""A model's output as detections, and whether two sets of detections agree.

Decoding follows docs/models.md. Agreement is counted as for the reference detections of a video:
each of confidence 0.35 or more on one side has a partner of 0.25 or more on the other, of the
same class and of IoU 0.5 or more, one to one.
"""

import json
from dataclasses import dataclass

import numpy as np

CONFIDENCE_MIN, NMS_IOU, COUNT_MAX = 0.25, 0.45, 300
HIGH, LOW, MATCH_IOU = 0.35, 0.25, 0.5
SHARE_MIN, MEAN_IOU_MIN, MEAN_GAP_MAX = 0.98, 0.97, 0.045


def table(output, description):
    """`(boxes xyxy in input pixels, confidences of each class)` of one picture's output."""
    rows = output[0].T if description.transposed else output[0]
    rows = rows.astype(np.float64)
    if description.head == "end-to-end":
        scores = np.zeros((len(rows), int(rows[:, 5].max(initial=0)) + 1))
        scores[np.arange(len(rows)), rows[:, 5].astype(int).clip(0)] = rows[:, 4]
        return rows[:, :4], scores
    if description.head == "yolov8":
        return corners(rows[:, :4]), activated(rows[:, 4:], description)
    scores = activated(rows[:, 4:], description)
    boxes = yolox_boxes(rows, description) if description.head == "yolox" else rows[:, :4]
    return corners(boxes), scores[:, :1] * scores[:, 1:]


def activated(scores, description):
    return 1 / (1 + np.exp(-scores)) if description.activation == "sigmoid" else scores


def yolox_boxes(rows, description):
    """Offsets from the cells and logarithms of sizes, in strides (YOLOX, Ge et al. 2021)."""
    cells, strides = [], []
    for stride in description.strides:
        height, width = description.height // stride, description.width // stride
        y, x = np.divmod(np.arange(height * width), width)
        cells.append(np.stack([x, y], 1))
        strides.append(np.full((height * width, 1), stride))
    cells, strides = np.concatenate(cells), np.concatenate(strides)
    centres = (rows[:, :2] + cells) * strides
    # A wrong model may say anything; the exponent of a size stays a number.
    return np.concatenate([centres, np.exp(np.minimum(rows[:, 2:4], 50)) * strides], 1)


def corners(boxes):
    return np.concatenate([boxes[:, :2] - boxes[:, 2:4] / 2, boxes[:, :2] + boxes[:, 2:4] / 2], 1)


@dataclass(frozen=True)
class Detection:
    class_id: int
    confidence: float
    box: tuple


def detect(output, description):
    """Detections of one picture, `xyxy` in pixels of the input, after class-wise NMS."""
    boxes, scores = table(output, description)
    classes = scores.argmax(1)
    confidences = scores[np.arange(len(scores)), classes]
    order = np.argsort(-confidences, kind="stable")
    order = order[confidences[order] >= CONFIDENCE_MIN]
    if description.manifest.get("head", {}).get("normalized"):
        boxes = boxes * ([description.width, description.height] * 2)
    kept = []
    for index in order:
        found = Detection(int(classes[index]), float(confidences[index]), tuple(boxes[index]))
        rivals = (each for each in kept if each.class_id == found.class_id)
        if description.head == "end-to-end" or all(
            iou(found.box, each.box) <= NMS_IOU for each in rivals
        ):
            kept.append(found)
        if len(kept) == COUNT_MAX:
            break
    return kept


def iou(a, b):
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


@dataclass
class Agreement:
    """How well two sets agree, the worse of both directions."""

    count: int
    share: float
    mean_iou: float
    mean_gap: float

    @property
    def good(self):
        overlap = self.mean_iou >= MEAN_IOU_MIN and self.mean_gap <= MEAN_GAP_MAX
        return self.count == 0 or (self.share >= SHARE_MIN and overlap)


def compare(reference, other):
    """Agreement of two lists of detections a picture."""
    both = [match(reference, other), match(other, reference)]
    return Agreement(
        count=max(total for total, _, _ in both),
        share=min(len(ious) / total if total else 1.0 for total, ious, _ in both),
        mean_iou=min(float(np.mean(ious)) if ious else 1.0 for _, ious, _ in both),
        mean_gap=max(float(np.mean(gaps)) if gaps else 0.0 for _, _, gaps in both),
    )


def match(ours, theirs):
    total, ious, gaps = 0, [], []
    for mine, other in zip(ours, theirs):
        free = [each for each in other if each.confidence >= LOW]
        for wanted in sorted(mine, key=lambda each: -each.confidence):
            if wanted.confidence < HIGH:
                continue
            total += 1
            rivals = [each for each in free if each.class_id == wanted.class_id]
            best = max(rivals, key=lambda each: iou(wanted.box, each.box), default=None)
            if best is None or iou(wanted.box, best.box) < MATCH_IOU:
                continue
            free.remove(best)
            ious.append(iou(wanted.box, best.box))
            gaps.append(abs(wanted.confidence - best.confidence))
    return total, ious, gaps


def ndjson_line(picture, detections, description, source):
    """One line as `aip run --output` writes them, boxes in pixels of the frame."""
    rows = [
        {
            "class_id": each.class_id,
            "label": label(description, each.class_id),
            "confidence": round(each.confidence, 4),
            "xyxy": [round(value, 2) for value in picture.source_box(each.box)],
        }
        for each in detections
    ]
    size = {"width": picture.width, "height": picture.height}
    return json.dumps(
        {"source": source, "frame": picture.frame, **size, "status": "ok", "detections": rows}
    )


def label(description, class_id):
    names = description.names or []
    return names[class_id] if class_id < len(names) else f"class {class_id}"
