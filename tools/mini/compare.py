"""Writes the reference for `src/compare.ts`: weights in single precision, four images, and their logits without noise.

torch 2.13.0 (cpu), numpy 2.4.6, Python 3.11.

    python tools/mini/compare.py --data DATA --weights OUT/encoders.safetensors --out CASE
    node --conditions=@medclipseg/source --import tsx tools/mini/src/compare.ts CASE
"""

import argparse
import pathlib

import numpy as np
import torch

from network import Network, load_exported, read_checkpoint, write_checkpoint
from scenes import SIZE, Batch, Data, Scene
from words import Tokenizer

parser = argparse.ArgumentParser()
for name in ("data", "weights", "out"):
    parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
options = parser.parse_args()
options.out.mkdir(parents=True, exist_ok=True)
parameters, config, vocabulary = read_checkpoint(options.weights)
tokenizer, data, network = Tokenizer(vocabulary), Data(options.data), Network(config)
load_exported(network, parameters)
network.eval()
mean, deviation = (torch.tensor(config["preprocessing"][k])[:, None, None] for k in ("mean", "deviation"))
chosen = data.by_source("val", lambda _: True)
scenes = [Scene(data.images[i], data.mask(i), data.samples[i]["prompt"]) for i in chosen[:: max(1, len(chosen) // 4)][:4]]
batch = Batch(scenes, 0, None, tokenizer)
image, _, _ = batch.rendered(SIZE, mean, deviation)
with torch.no_grad():
    logits = network(image, batch.ids, noisy=False)[0]
write_checkpoint(options.out / "model.safetensors", network, tokenizer.json, np.float32)
image.permute(0, 2, 3, 1).contiguous().numpy().tofile(options.out / "images.bin")
logits.numpy().tofile(options.out / "logits.bin")
(options.out / "prompts.txt").write_text("\n".join(scene.prompt for scene in scenes))
