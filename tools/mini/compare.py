"""Writes the reference for `src/compare.ts`: weights in single precision, four images, and their logits without noise.

torch 2.13.0 (cpu), numpy 2.4.6, Python 3.11.

    python tools/mini/compare.py --data DATA --weights OUT/pretrained.safetensors --out CASE
    node --conditions=@medclipseg/source --import tsx tools/mini/src/compare.ts CASE
"""

import argparse
import pathlib

import numpy as np
import torch

from network import Network, load_exported, read_checkpoint, write_checkpoint
from pretrain import LARGE, Data, Tokenizer

parser = argparse.ArgumentParser()
for name in ("data", "weights", "out"):
    parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
options = parser.parse_args()
options.out.mkdir(parents=True, exist_ok=True)
tensors, config, words = read_checkpoint(options.weights)
tokenizer, data, network = Tokenizer(words), Data(options.data), Network(config)
load_exported(network, tensors)
network.eval()
chosen = data.indices("val", lambda _: True)[::60][:4]
image, _, prompts = data.batch(chosen, LARGE, None)
with torch.no_grad():
    logits = network(image, tokenizer(prompts), noisy=False)[0]
write_checkpoint(options.out / "model.safetensors", network, tokenizer.json, 0, np.float32)
image.permute(0, 2, 3, 1).contiguous().numpy().tofile(options.out / "images.bin")
logits.numpy().tofile(options.out / "logits.bin")
(options.out / "prompts.txt").write_text("\n".join(prompts))
