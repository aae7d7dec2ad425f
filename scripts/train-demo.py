"""Trains the demo scene's detector and writes it as ONNX.

    python -m venv .venv && . .venv/bin/activate
    pip install torch onnx onnxruntime opencv-python-headless numpy
    cc -O2 -shared -fPIC -Iswift/CAipKernels/include swift/CAipKernels/demo_*.c -lm -o demo.so
    python scripts/train-demo.py --library demo.so --output models/demo.onnx

The scene comes from the library that draws it in the pipeline, so both see the same pixels.
Training uses seeds from 100000 on; seeds below are held out, the evaluation uses 1 to 40.
`--quick` runs every step in a minute or two, for a detector of no use. Takes half an hour
on one core; one thread and one seed make it reproducible on one kind of machine.

Model: input `[1, 3, 192, 320]` f32, NCHW, RGB, 0-1, the frame scaled to fit at the top left, the
rest filled with 114/255. Output `[1, 4800, 8]` f32, YOLOX's raw form at strides 4 and 8: cx, cy
(offset from the cell, in strides), w, h (logarithm, in strides), then objectness and three class
scores, after the sigmoid. Plain convolutions, ReLU, max-pooling, nearest upsampling, addition and
concatenation alone.

Evaluation, mAP@0.5: a frame's detections come from class-wise NMS (IoU 0.45) of confidences
objectness x class score >= 0.05. Per class, all frames' detections are walked in order of
descending confidence (ties: frame order, then output order); each is matched with the not yet
matched box of truth of its class and frame of the greatest IoU, if that is >= 0.5, and counts as
true. One that finds no match is left out if a box to ignore of its class (truth with a negative
class id) has IoU >= 0.5 with it or covers half of it, and counts as false otherwise. AP is the
area under the precision-recall curve with precision made monotonic from the right (all points,
as in Pascal VOC 2010); mAP is the mean over the classes that occur.
"""

import argparse
import copy
import ctypes
import hashlib
import math
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

CLASSES = ("vehicle", "person", "cyclist")
WIDTH, HEIGHT, PAD = 320, 192, 114
STRIDES = (4, 8)
HELD_OUT_SEEDS = range(1, 41)
TRAIN_SEED_FIRST = 100_000
CONFIDENCE_MIN, NMS_IOU, MATCH_IOU = 0.05, 0.45, 0.5

TRUTH = np.dtype(
    [("xyxy", "f4", 4), ("visibility", "f4"), ("class_id", "i4"), ("track_id", "i4"), ("_", "u4")]
)


class Options(ctypes.Structure):
    """aip_demo_options of aip_demo.h."""

    _fields_ = [
        ("width", ctypes.c_uint32),
        ("height", ctypes.c_uint32),
        ("fps", ctypes.c_double),
        ("seed", ctypes.c_uint32),
        ("density", ctypes.c_float),
        ("flags", ctypes.c_uint32),
        ("person_share", ctypes.c_float),
        ("day_seconds", ctypes.c_float),
        ("solo_track_id", ctypes.c_int32),
        ("visitor_share", ctypes.c_float),
        ("visitor_seconds", ctypes.c_float),
    ]


class Scene:
    """One instance of the demo scene; even sizes only."""

    def __init__(self, library, width, height, seed, density=1.0, person_share=-1.0):
        self.library, self.width, self.height = library, width, height
        options = Options(width, height, 25.0, seed, density, 0, person_share, 0.0, 0, 0.0, 0.0)
        self.handle = ctypes.c_void_p()
        status = library.aip_demo_create(ctypes.byref(options), ctypes.byref(self.handle))
        if status != 0:
            raise RuntimeError(f"aip_demo_create failed with status {status}")
        self.planes = np.zeros(width * height * 3 // 2, np.uint8)
        self.truth = np.zeros(240, TRUTH)

    def frame(self, index):
        """RGB `[height, width, 3]` u8 (BT.601, limited range), truth records."""
        luma, chroma = self.width * self.height, self.width * self.height // 4
        at, count = self.planes.ctypes.data, ctypes.c_uint32()
        status = self.library.aip_demo_render(
            self.handle, index, at, self.width, at + luma, self.width // 2,
            at + luma + chroma, self.width // 2, self.truth.ctypes.data, len(self.truth),
            ctypes.byref(count),
        )
        if status != 0:
            raise RuntimeError(f"aip_demo_render failed with status {status}")
        yuv = self.planes.reshape(self.height * 3 // 2, self.width)
        return cv2.cvtColor(yuv, cv2.COLOR_YUV2RGB_I420), self.truth[: count.value].copy()

    def close(self):
        self.library.aip_demo_destroy(self.handle)


def load_library(path):
    library = ctypes.CDLL(os.path.abspath(path))
    plane = [ctypes.c_void_p, ctypes.c_uint32]
    library.aip_demo_create.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    library.aip_demo_destroy.argtypes = [ctypes.c_void_p]
    library.aip_demo_render.argtypes = (
        [ctypes.c_void_p, ctypes.c_uint32] + plane * 3
        + [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p]
    )
    return library


def letterbox(rgb):
    """The frame scaled (bilinear) to fit at the top left of 320x192, and the scale."""
    scale = min(WIDTH / rgb.shape[1], HEIGHT / rgb.shape[0])
    width, height = round(rgb.shape[1] * scale), round(rgb.shape[0] * scale)
    canvas = np.full((HEIGHT, WIDTH, 3), PAD, np.uint8)
    canvas[:height, :width] = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_LINEAR)
    return canvas, scale


def crop(rgb, truth, random):
    """A random part of the frame; what it cuts to under a quarter is to be ignored."""
    height, width = rgb.shape[:2]
    share = random.uniform(0.72, 1.0)
    w, h = int(width * share), int(height * share * random.uniform(0.9, 1.0))
    x, y = random.integers(0, width - w + 1), random.integers(0, height - h + 1)
    boxes = truth["xyxy"].copy()
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    boxes = np.clip(boxes - [x, y, x, y], 0, [w, h, w, h])
    kept = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    truth["xyxy"] = boxes
    hidden = (kept * truth["visibility"] < 0.25 * area) & (truth["class_id"] >= 0)
    truth["class_id"] = np.where(hidden, -1 - truth["class_id"], truth["class_id"])
    return rgb[y : y + h, x : x + w], truth[kept > 0]


def training_frames(library, seeds, frames_per_seed):
    """Letterboxed frames `[n, 192, 320, 3]` u8 and their truth in letterbox pixels."""
    random = np.random.default_rng(7)
    sizes = [(640, 360)] * 6 + [(1280, 720)] + [(768, 432)] * 2 + [(960, 540)]
    images = np.empty((seeds * frames_per_seed, HEIGHT, WIDTH, 3), np.uint8)
    truths = []
    for s in range(seeds):
        width, height = sizes[random.integers(len(sizes))]
        density = random.choice([0.7, 1.0, 1.0, 1.6])
        share = -1.0 if random.random() < 0.6 else random.uniform(0.1, 0.5)
        scene = Scene(library, width, height, TRAIN_SEED_FIRST + s, density, share)
        for index in random.integers(0, 50_000, frames_per_seed):
            rgb, truth = scene.frame(int(index))
            if random.random() < 0.3:
                rgb, truth = crop(rgb, truth, random)
            images[len(truths)], scale = letterbox(rgb)
            truth["xyxy"] *= scale
            truths.append(truth)
        scene.close()
    return images, truths


def convolution(inputs, outputs, size=3, stride=1):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False),
        nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.03),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.body = nn.Sequential(
            convolution(channels, channels // 2, 1), convolution(channels // 2, channels)
        )

    def forward(self, x):
        return x + self.body(x)


class Detector(nn.Module):
    """A feature pyramid of strides 4 and 8 on a backbone of stride 16."""

    def __init__(self):
        super().__init__()
        self.stem = convolution(3, 16, 3, 2)
        self.stage4 = convolution(16, 24, 3, 2)
        self.stage8 = nn.Sequential(convolution(24, 48, 3, 2), Residual(48), Residual(48))
        self.stage16 = nn.Sequential(convolution(48, 80, 3, 2), Residual(80))
        self.pool = nn.MaxPool2d(5, 1, 2)
        self.context = nn.Sequential(convolution(240, 80, 1), Residual(80))
        self.down16, self.side8 = convolution(80, 40, 1), convolution(48, 40, 1)
        self.merge8 = convolution(40, 40)
        self.down8, self.side4 = convolution(40, 24, 1), convolution(24, 24, 1)
        self.merge4 = convolution(24, 24)
        self.head8 = nn.Sequential(convolution(40, 40), nn.Conv2d(40, 8, 1))
        self.head4 = nn.Sequential(convolution(24, 24), nn.Conv2d(24, 8, 1))
        for head in (self.head4, self.head8):  # starts by finding nothing
            head[-1].bias.data[4:] = -math.log((1 - 0.01) / 0.01)

    def forward(self, x):
        """Logits `[n, 4800, 8]`: cx, cy, w, h, objectness, classes."""
        at4 = self.stage4(self.stem(x))
        at8 = self.stage8(at4)
        at16 = self.stage16(at8)
        pooled = self.pool(at16)
        at16 = self.context(torch.cat([at16, pooled, self.pool(pooled)], 1))
        at8 = self.merge8(self.side8(at8) + F.interpolate(self.down16(at16), scale_factor=2.0))
        at4 = self.merge4(self.side4(at4) + F.interpolate(self.down8(at8), scale_factor=2.0))
        heads = [self.head4(at4), self.head8(at8)]
        return torch.cat([h.flatten(2) for h in heads], 2).transpose(1, 2)


class Exported(nn.Module):
    """Scores after the sigmoid, as YOLOX exports them."""

    def __init__(self, detector):
        super().__init__()
        self.detector = detector

    def forward(self, x):
        y = self.detector(x)
        return torch.cat([y[..., :4], torch.sigmoid(y[..., 4:])], 2)


def grid():
    """Corner of each cell in strides `[4800, 2]`, and stride `[4800]`."""
    cells, strides = [], []
    for stride in STRIDES:
        y, x = np.mgrid[: HEIGHT // stride, : WIDTH // stride]
        cells.append(np.stack([x.ravel(), y.ravel()], 1))
        strides.append(np.full(x.size, stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)


CELLS, CELL_STRIDES = grid()
CENTRES = (CELLS + 0.5) * CELL_STRIDES[:, None]
# Boxes of a mean side below this many letterbox pixels are found at stride 4, others at stride 8.
SMALL_SIDE = 26.0


def assign(truth):
    """For every cell: the record it should find, and its class (-1 none, -2 to ignore).

    A box belongs to the cells around its centre (up to 1.5 strides away and inside the box); of
    several boxes, to the nearest; a box without any takes the cell nearest to its centre.
    """
    owners = np.zeros(len(CENTRES), np.int16)
    labels = np.full(len(CENTRES), -1, np.int8)
    nearest = np.full(len(CENTRES), np.inf, np.float32)
    for box in truth["xyxy"][truth["class_id"] < 0]:
        labels[((CENTRES > box[:2]) & (CENTRES < box[2:])).all(1)] = -2
    for i in np.flatnonzero(truth["class_id"] >= 0):
        box = truth["xyxy"][i]
        side = math.sqrt(max((box[2] - box[0]) * (box[3] - box[1]), 0.0))
        stride = STRIDES[0] if side < SMALL_SIDE else STRIDES[1]
        offset = np.abs(CENTRES - (box[:2] + box[2:]) / 2)
        distance = np.where(CELL_STRIDES == stride, np.hypot(offset[:, 0], offset[:, 1]), np.inf)
        inside = ((CENTRES > box[:2]) & (CENTRES < box[2:])).all(1)
        mine = inside & (offset < 1.5 * stride).all(1) & np.isfinite(distance)
        mine[distance.argmin()] = True
        mine &= distance < nearest
        owners[mine], labels[mine], nearest[mine] = i, truth["class_id"][i], distance[mine]
    return owners, labels


def boxes_of(truth, owners):
    return truth["xyxy"][owners] if len(truth) else np.zeros((len(owners), 4), np.float32)


def decode(raw, cells, strides):
    """Boxes `xyxy` in letterbox pixels of raw outputs `[..., 4800, 4+]`."""
    centre = (raw[..., :2] + cells) * strides
    half = torch.exp(raw[..., 2:4].clamp(max=6.0)) * strides / 2
    return torch.cat([centre - half, centre + half], -1)


def iou_losses(a, b):
    """IoU and 1 - GIoU of paired boxes `[n, 4]` (Rezatofighi et al., 2019)."""
    size_a, size_b = a[:, 2:] - a[:, :2], b[:, 2:] - b[:, :2]
    overlap = (torch.min(a[:, 2:], b[:, 2:]) - torch.max(a[:, :2], b[:, :2])).clamp(min=0)
    hull = torch.max(a[:, 2:], b[:, 2:]) - torch.min(a[:, :2], b[:, :2])
    inter, hull = overlap.prod(1), hull.prod(1) + 1e-6
    union = size_a.prod(1) + size_b.prod(1) - inter + 1e-6
    iou = inter / union
    return iou, 1 - iou + (hull - union) / hull


def loss_of(raw, boxes, labels, cells, strides):
    found = labels >= 0
    count = max(int(found.sum()), 1)
    predicted = decode(raw, cells, strides)[found]
    iou, box_loss = iou_losses(predicted, boxes[found])
    objectness = torch.zeros_like(raw[..., 4])
    # Objectness learns how good the box is, which ranks duplicates for NMS.
    objectness[found] = iou.detach().clamp(0, 1)
    weight = (labels != -2).float()
    found_loss = F.binary_cross_entropy_with_logits(
        raw[..., 4], objectness, weight, reduction="sum"
    )
    classes = F.one_hot(labels[found], len(CLASSES)).float()
    class_loss = F.binary_cross_entropy_with_logits(raw[found][:, 5:], classes, reduction="sum")
    return (5.0 * box_loss.sum() + found_loss + class_loss) / count


def train(library, steps, batch, seeds, frames_per_seed):
    started = time.time()
    images, truths = training_frames(library, seeds, frames_per_seed)
    targets = [assign(t) for t in truths]
    print(f"{len(images)} frames of {seeds} seeds in {time.time() - started:.0f} s", flush=True)
    model = Detector().to(memory_format=torch.channels_last)
    average = copy.deepcopy(model).eval()
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": 0.02}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=1.0)
    cells, strides = torch.from_numpy(CELLS), torch.from_numpy(CELL_STRIDES)[:, None]
    random = np.random.default_rng(11)
    # Faster by half where the processor has the instructions; the weights stay f32.
    half = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    order, started, shown = [], time.time(), 0.0
    for step in range(steps):
        cosine = 0.505 + 0.495 * math.cos(math.pi * step / steps)
        rate = 4e-3 * min(1.0, (step + 1) / 100) * cosine
        for group in optimiser.param_groups:
            group["lr"] = rate
        if len(order) < batch:
            order = list(random.permutation(len(images)))
        chosen = [order.pop() for _ in range(batch)]
        x = torch.from_numpy(images[chosen]).permute(0, 3, 1, 2).float() / 255
        gain = torch.from_numpy(random.uniform(0.85, 1.15, (batch, 1, 1, 1)).astype(np.float32))
        shift = torch.from_numpy(random.uniform(-0.04, 0.04, (batch, 1, 1, 1)).astype(np.float32))
        x = (x * gain + shift).clamp(0, 1).contiguous(memory_format=torch.channels_last)
        boxes = torch.from_numpy(np.stack([boxes_of(truths[i], targets[i][0]) for i in chosen]))
        labels = torch.from_numpy(np.stack([targets[i][1] for i in chosen]).astype(np.int64))
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            raw = model(x)
        loss = loss_of(raw.float(), boxes, labels, cells, strides)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        optimiser.step()
        keep = min(0.998, (1 + step) / (10 + step))
        with torch.no_grad():
            for ours, new in zip(average.state_dict().values(), model.state_dict().values()):
                if ours.is_floating_point():
                    ours.lerp_(new, 1 - keep)
                else:
                    ours.copy_(new)
        shown = 0.95 * shown + 0.05 * float(loss.detach())
        if (step + 1) % 50 == 0:
            rate = (time.time() - started) / (step + 1)
            print(f"step {step + 1}/{steps}  loss {shown:.3f}  {rate:.2f} s/step", flush=True)
    return average


def box_iou(a, b):
    """IoU `[len(a), len(b)]` of `xyxy` boxes, and the share of each `a` that each `b` covers."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inter = np.clip(high - low, 0, None).prod(2)
    area_a = (a[:, 2:] - a[:, :2]).prod(1)[:, None]
    area_b = (b[:, 2:] - b[:, :2]).prod(1)[None, :]
    return inter / np.maximum(area_a + area_b - inter, 1e-9), inter / np.maximum(area_a, 1e-9)


def detections_of(raw, scale, width, height):
    """Class-wise NMS of one output `[4800, 8]`: rows of xyxy (source pixels), confidence, class."""
    centre = (raw[:, :2] + CELLS) * CELL_STRIDES[:, None]
    half = np.exp(raw[:, 2:4]) * CELL_STRIDES[:, None] / 2
    boxes = np.clip(np.concatenate([centre - half, centre + half], 1) / scale, 0,
                    [width, height, width, height])
    scores = raw[:, 4:5] * raw[:, 5:]
    kept = []
    for c in range(len(CLASSES)):
        candidates = np.flatnonzero(scores[:, c] >= CONFIDENCE_MIN)
        candidates = candidates[np.argsort(-scores[candidates, c], kind="stable")]
        while len(candidates):
            best, rest = candidates[0], candidates[1:]
            kept.append([*boxes[best], scores[best, c], c])
            iou, _ = box_iou(boxes[best : best + 1], boxes[rest])
            candidates = rest[iou[0] <= NMS_IOU]
    return np.array(kept, np.float32).reshape(-1, 6)


def average_precision(frames, c, confidence_min):
    """AP@0.5 of class `c` over (detections, truth) of all frames, None if it does not occur."""
    ranked, positives, matched = [], 0, []
    for f, (detections, truth) in enumerate(frames):
        positives += int((truth["class_id"] == c).sum())
        matched.append(np.zeros(len(truth), bool))
        for i, d in enumerate(detections):
            if d[5] == c and d[4] >= confidence_min:
                ranked.append((-d[4], f, i))
    if positives == 0:
        return None
    hits = []
    for _, f, i in sorted(ranked):
        detections, truth = frames[f]
        iou, covered = box_iou(detections[i : i + 1, :4], truth["xyxy"])
        iou, covered = iou[0], covered[0]
        free = np.where((truth["class_id"] == c) & ~matched[f], iou, -1.0)
        if len(free) and free.max() >= MATCH_IOU:
            matched[f][free.argmax()] = True
            hits.append(1.0)
            continue
        ignored = truth["class_id"] == -1 - c
        if not (ignored & ((iou >= MATCH_IOU) | (covered >= 0.5))).any():
            hits.append(0.0)
    hits = np.array(hits)
    recall = np.concatenate([[0.0], np.cumsum(hits) / positives])
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall) * envelope).sum())


def evaluate(run, library, width, height, seeds, frames_per_seed):
    """Prints AP per class and mAP of `run` (image [1,3,192,320] to output [4800,8])."""
    random = np.random.default_rng(5)
    frames = []
    for seed in seeds:
        scene = Scene(library, width, height, seed)
        for index in random.integers(0, 20_000, frames_per_seed):
            rgb, truth = scene.frame(int(index))
            image, scale = letterbox(rgb)
            x = np.ascontiguousarray(image.transpose(2, 0, 1)[None].astype(np.float32) / 255)
            frames.append((detections_of(run(x), scale, width, height), truth))
        scene.close()
    for confidence_min in (CONFIDENCE_MIN, 0.25):
        precisions = [average_precision(frames, c, confidence_min) for c in range(len(CLASSES))]
        known = [p for p in precisions if p is not None]
        words = "  ".join(f"{n} {p:.3f}" for n, p in zip(CLASSES, precisions) if p is not None)
        print(f"{width}x{height}, {len(frames)} frames, confidence >= {confidence_min}: "
              f"mAP@0.5 {np.mean(known):.4f}   {words}", flush=True)


def export(detector, path):
    import onnx

    model = Exported(detector.to(memory_format=torch.contiguous_format)).eval()
    torch.onnx.export(
        model, (torch.zeros(1, 3, HEIGHT, WIDTH),), path, opset_version=17, dynamo=False,
        input_names=["images"], output_names=["output"], do_constant_folding=True,
    )
    graph = onnx.load(path)
    for key, value in {"names": repr(dict(enumerate(CLASSES))), "strides": ",".join(map(str, STRIDES))}.items():
        graph.metadata_props.add(key=key, value=value)
    graph.doc_string = "Detector for the demo scene, trained by scripts/train-demo.py"
    onnx.checker.check_model(graph, full_check=True)
    onnx.save(graph, path)


def session_of(path):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda x: session.run(None, {"images": x})[0][0]


def main():
    parser = argparse.ArgumentParser(description="Train the demo scene's detector.")
    parser.add_argument("--library", required=True, help="shared library with aip_demo_*")
    parser.add_argument("--output", default="models/demo.onnx")
    parser.add_argument("--steps", type=int, default=4500)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--seeds", type=int, default=260, help="training scenes")
    parser.add_argument("--frames-per-seed", type=int, default=20)
    parser.add_argument("--quick", action="store_true", help="a smoke test of every step")
    parser.add_argument("--evaluate-only", action="store_true", help="evaluate --output as it is")
    args = parser.parse_args()
    if args.quick:
        args.steps, args.seeds, args.frames_per_seed = 60, 8, 8
    torch.set_num_threads(1)
    torch.manual_seed(3)
    cv2.setNumThreads(1)
    library = load_library(args.library)
    if not args.evaluate_only:
        average = train(library, args.steps, args.batch, args.seeds, args.frames_per_seed)
        export(average, args.output)
    with open(args.output, "rb") as file:
        content = file.read()
    print(f"{args.output}: {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")
    run, x = session_of(args.output), np.zeros((1, 3, HEIGHT, WIDTH), np.float32)
    times = []
    for _ in range(50):
        started = time.perf_counter()
        run(x)
        times.append(time.perf_counter() - started)
    print(f"latency on one thread: median {1e3 * sorted(times)[25]:.2f} ms")
    seeds = list(HELD_OUT_SEEDS)[: 4 if args.quick else 40]
    for size in ((640, 360), (1280, 720), (768, 432)):
        evaluate(run, library, *size, seeds if size == (640, 360) else seeds[:12], 15)


if __name__ == "__main__":
    main()
