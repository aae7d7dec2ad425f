"""Torch's side of scripts/compare-training.ts, which writes the folder it reads.

Writes {"auc", "processorS"} as JSON to standard output.
"""

import json
import math
import os
import sys
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import torch
import torch.nn.functional as F

FOLDER = Path(sys.argv[1])
TASK = json.loads((FOLDER / "task.json").read_text())
ARCHITECTURE, SETTINGS, WEIGHTS = TASK["architecture"], TASK["settings"], TASK["weights"]
SIDE, LAYERS = ARCHITECTURE["side"], ARCHITECTURE["layers"]
AUC_GAP_SHARE = 0.8
# Of red, green and blue, but for the usual one.
ORDERS = np.array([[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])


def pictures(name):
    images = np.fromfile(FOLDER / f"{name}.images", np.uint8).reshape(-1, 3, SIDE, SIDE)
    return images, np.fromfile(FOLDER / f"{name}.labels", np.uint8)



class Net(torch.nn.Module):
    def __init__(self, values):
        super().__init__()
        side, channels, at = SIDE, 3, 0

        def take(*shape):
            nonlocal at
            count = math.prod(shape)
            at += count
            return torch.nn.Parameter(torch.from_numpy(values[at - count : at].reshape(shape)))

        self.weights = torch.nn.ParameterList()
        for index in range(LAYERS):
            out = ARCHITECTURE["filters"] * 2 ** (index // 2)
            self.weights += [take(out, channels, 3, 3), take(out)]
            side = -(-side // self.stride(index))
            side = side // 2 if self.pooled(index) else side
            channels = out
        dense = ARCHITECTURE["dense"]
        self.weights += [take(channels * side * side, dense), take(dense), take(dense, 1), take(1)]

    def stride(self, index):
        return ARCHITECTURE["firstStride"] if index == 0 else 1

    def pooled(self, index):
        return index % 2 == 1 or index == LAYERS - 1

    def forward(self, images):
        x = (images.float() - TASK["zero"]) * TASK["scale"]
        for index in range(LAYERS):
            weight, bias = self.weights[2 * index], self.weights[2 * index + 1]
            x = F.relu(F.conv2d(x, weight, bias, stride=self.stride(index), padding=1))
            x = F.max_pool2d(x, 2) if self.pooled(index) else x
        dense_weight, dense_bias, logit_weight, logit_bias = list(self.weights)[-4:]
        x = F.relu(x.flatten(1) @ dense_weight + dense_bias)
        return (x @ logit_weight + logit_bias)[:, 0]


def augment(image, random):
    """Mirrors what stands before the background, moves it aside, makes it stronger or weaker."""
    asked = SETTINGS["augmentation"]
    image = image.astype(np.float32) - TASK["zero"]
    if asked["flip"] and random.random() < 0.5:
        image = image[:, :, ::-1]
    for axis, share in ((1, asked["shiftY"]), (2, asked["shiftX"])):
        image = np.roll(image, round(share * SIDE * (2 * random.random() - 1)), axis)
    factor = 1 + asked["brightness"] * (2 * random.random() - 1)
    if random.random() < asked["recolour"]:
        image = image[random.choice(ORDERS)]
    return np.clip(np.rint(image * factor + TASK["zero"]), 0, 255)


def lay_behind(image, other):
    """Shows another picture where this one shows nothing but background."""
    shown = (np.abs(image - TASK["zero"]) >= TASK["shownMin"]).any(axis=0)
    return np.where(shown, image, other)


def example(images, absent, index, random):
    image = augment(images[index], random)
    if random.random() >= SETTINGS["augmentation"]["overlay"]:
        return image
    return lay_behind(image, augment(images[random.choice(absent)], random))


def auc(scores, labels):
    order = np.sort(scores)
    below = np.searchsorted(order, scores, "left")
    above = np.searchsorted(order, scores, "right")
    ranks = (below + above + 1) / 2
    present = int(labels.sum())
    pairs = present * (len(labels) - present)
    return float((ranks[labels == 1].sum() - present * (present + 1) / 2) / pairs)


def measured(net, name):
    images, labels = pictures(name)
    with torch.no_grad():
        parts = [net(torch.from_numpy(images[i : i + 64])) for i in range(0, len(images), 64)]
    logits = torch.cat(parts)
    truth = torch.from_numpy(labels).float()
    weight = torch.where(truth == 1, WEIGHTS["present"], WEIGHTS["absent"])
    loss = F.binary_cross_entropy_with_logits(logits, truth, weight)
    return auc(logits.numpy(), labels), float(loss)


def rate(step, steps):
    warm_up = round(SETTINGS["warmUpShare"] * steps)
    if step < warm_up:
        return SETTINGS["learningRate"] * (step + 1) / (warm_up + 1)
    share = (step - warm_up) / max(1, steps - warm_up)
    return SETTINGS["learningRate"] * (1 + math.cos(math.pi * share)) / 2


def is_better(now, best):
    gap, least = 1 - now[0], 1 - best[0]
    if gap < AUC_GAP_SHARE * least or least < AUC_GAP_SHARE * gap:
        return gap < least
    return now[1] < best[1]


def main():
    torch.set_num_threads(1)
    started = time.process_time()
    net = Net(np.fromfile(FOLDER / "parameters", np.float32))
    optimizer = torch.optim.Adam(net.parameters(), eps=1e-8)
    images, labels = pictures("training")
    absent = np.flatnonzero(labels == 0)
    random = np.random.default_rng(SETTINGS["seed"])
    batch, epochs = SETTINGS["batch"], SETTINGS["epochs"]
    steps = math.ceil(len(images) / batch)
    best = kept = None
    for epoch in range(epochs):
        order = random.permutation(len(images))
        for step in range(steps):
            chosen = order[step * batch : (step + 1) * batch]
            x = torch.from_numpy(np.stack([example(images, absent, each, random) for each in chosen]))
            truth = torch.from_numpy(labels[chosen]).float()
            weight = torch.where(truth == 1, WEIGHTS["present"], WEIGHTS["absent"]) / batch
            optimizer.param_groups[0]["lr"] = rate(epoch * steps + step, epochs * steps)
            optimizer.zero_grad()
            F.binary_cross_entropy_with_logits(net(x), truth, weight, reduction="sum").backward()
            optimizer.step()
        now = measured(net, "validation")
        if best is None or is_better(now, best):
            best, kept = now, {name: each.clone() for name, each in net.state_dict().items()}
    processor_s = time.process_time() - started
    net.load_state_dict(kept)
    print(json.dumps({"auc": measured(net, "held_out")[0], "processorS": processor_s}))


main()
