"""Writes torch's gradients of small networks to test/fixtures/training/gradients.json.

    pip install torch numpy && python scripts/gen-training-fixture.py

Everything is computed in double precision from numbers of the generator that src/random.ts has, so
that the file holds results alone: the loss, the gradient's norm, and some places of it.
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

FILE = Path(__file__).parent.parent / "test" / "fixtures" / "training" / "gradients.json"
PLACES = 400

CASES = [
    {
        "architecture": {"side": 50, "filters": 4, "layers": 3, "dense": 8, "firstStride": 2},
        "scale": 0.01,
        "seed": 11,
        "labels": [1, 0, 0, 1],
        "weights": [0.5, 0.1, 0.2, 0.4],
    },
    {
        "architecture": {"side": 33, "filters": 3, "layers": 4, "dense": 5, "firstStride": 1},
        "scale": 0.01,
        "seed": 12,
        "labels": [0, 1],
        "weights": [0.25, 0.75],
    },
]


def mulberry32(seed):
    """Tommy Ettinger's generator, as in src/random.ts: numbers in [0, 1)."""
    state, mask = seed & 0xFFFFFFFF, 0xFFFFFFFF
    while True:
        state = (state + 0x6D2B79F5) & mask
        mixed = ((state ^ (state >> 15)) * (state | 1)) & mask
        mixed ^= (mixed + (((mixed ^ (mixed >> 7)) * (mixed | 61)) & mask)) & mask
        yield ((mixed ^ (mixed >> 14)) & mask) / 4294967296


def shapes(architecture):
    """Names, shapes and inputs a unit of the parameters, in the order of their vector."""
    side, channels = architecture["side"], 3
    layers = architecture["layers"]
    for index in range(layers):
        out = architecture["filters"] * 2 ** (index // 2)
        yield f"conv{index}_weight", (out, channels, 3, 3), 9 * channels
        yield f"conv{index}_bias", (out,), 0
        side = -(-side // (architecture["firstStride"] if index == 0 else 1))
        side = side // 2 if index % 2 == 1 or index == layers - 1 else side
        channels = out
    features, dense = channels * side * side, architecture["dense"]
    yield "dense_weight", (features, dense), features
    yield "dense_bias", (dense,), 0
    yield "logit_weight", (dense, 1), dense
    yield "logit_bias", (1,), 0


def logits(architecture, tensors, x):
    layers = architecture["layers"]
    for index in range(layers):
        stride = architecture["firstStride"] if index == 0 else 1
        weight, bias = tensors[f"conv{index}_weight"], tensors[f"conv{index}_bias"]
        x = F.relu(F.conv2d(x, weight, bias, stride=stride, padding=1))
        if index % 2 == 1 or index == layers - 1:
            x = F.max_pool2d(x, 2)
    x = F.relu(x.flatten(1) @ tensors["dense_weight"] + tensors["dense_bias"])
    return x @ tensors["logit_weight"] + tensors["logit_bias"]


def result(case):
    architecture, labels = case["architecture"], case["labels"]
    side, numbers = architecture["side"], mulberry32(case["seed"])
    pixels = 3 * side * side
    images = np.array([int(256 * next(numbers)) for _ in range(len(labels) * pixels)], np.float64)
    mean = np.array([255 * next(numbers) for _ in range(pixels)], np.float32).astype(np.float64)
    tensors = {}
    for name, shape, fan_in in shapes(architecture):
        bound, count = (6 / fan_in) ** 0.5 if fan_in else 0, int(np.prod(shape))
        values = [(2 * next(numbers) - 1) * bound for _ in range(count)] if fan_in else [0] * count
        values = np.array(values, np.float32).astype(np.float64).reshape(shape)
        tensors[name] = torch.tensor(values, requires_grad=True)
    x = (images.reshape(len(labels), pixels) - mean) * float(np.float32(case["scale"]))
    x = torch.tensor(x.reshape(len(labels), 3, side, side))
    loss = F.binary_cross_entropy_with_logits(
        logits(architecture, tensors, x),
        torch.tensor(labels, dtype=torch.float64)[:, None],
        torch.tensor(case["weights"], dtype=torch.float64)[:, None],
        reduction="sum",
    )
    loss.backward()
    gradient = torch.cat([each.grad.reshape(-1) for each in tensors.values()]).numpy()
    places = np.unique(np.linspace(0, len(gradient) - 1, PLACES).astype(int))
    return {
        **case,
        "loss": float(loss.detach()),
        "norm": float(np.linalg.norm(gradient)),
        "places": places.tolist(),
        "gradient": [round(value, 10) for value in gradient[places].tolist()],
    }


FILE.parent.mkdir(parents=True, exist_ok=True)
CASE_LINES = ",\n".join(json.dumps(result(case)) for case in CASES)
FILE.write_text(f"[\n{CASE_LINES}\n]\n")
