"""Names and shapes in the checkpoints that make.py wrote, as a test fixture; blocks beyond the first are left out.

    python keys.py FOLDER > packages/clip-encoders/src/fixtures/published-keys.json

Python 3.11, torch 2.13.0, safetensors 0.8.0
"""

import json
import re
import sys
from pathlib import Path

import torch
from safetensors import safe_open

FILES = {
    "unimedclip": "unimedclip/unimed_clip_vit_b16.pt",
    "biomedclip": "biomedclip/open_clip_pytorch_model.bin",
    "clip": "clip/ViT-B-16.pt",
    "clip-hub": "clip-hub/model.safetensors",
    "pubmedclip": "pubmedclip/PubMedCLIP_ViT32.pth",
}


def shapes(path: Path) -> dict:
    if path.suffix == ".safetensors":
        with safe_open(path, "pt") as file:
            return {name: file.get_slice(name).get_shape() for name in file.keys()}
    try:
        state = torch.jit.load(path, map_location="cpu").state_dict()
    except RuntimeError:
        state = torch.load(path, weights_only=False, mmap=True)
    prefix = ""
    if "state_dict" in state:
        state, prefix = state["state_dict"], "state_dict."
    return {prefix + name: list(tensor.shape) for name, tensor in state.items()}


if __name__ == "__main__":
    root = Path(sys.argv[1])
    later = re.compile(r"\.(resblocks|blocks|layers?)\.([1-9]\d*)\.")
    rows = {case: {n: s for n, s in shapes(root / file).items() if not later.search(n)} for case, file in FILES.items()}
    json.dump(rows, sys.stdout, separators=(",", ":"))
