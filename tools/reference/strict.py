"""Loads a safetensors file strictly into a whole model, and holds it against the checkpoint that its numbers came from.

    python strict.py FAMILY FILE CHECKPOINT

torch 2.13.0, safetensors 0.8.0, transformers 5.23.0, timm 1.0.31, open_clip_torch 3.3.0
"""

import sys

import torch
from safetensors.torch import load_file

from make import WHOLE_MODELS

family, file, checkpoint = sys.argv[1:]
model, _ = WHOLE_MODELS[family]
network = model()
network.load_state_dict(load_file(file), strict=True)
# Made by make.py: nothing foreign is unpickled here.
expected = torch.load(checkpoint, weights_only=False, mmap=True)["model"]
# CLIP's temperature is not kept: nothing of the model is computed with it.
other = [name for name, t in network.state_dict().items() if not name.endswith("logit_scale") and not torch.equal(t, expected[name])]
if other:
    sys.exit(f"{len(other)} of {len(expected)} tensors differ, the first is {other[0]}")
print(f"{family}: {len(expected)} tensors loaded strictly, equal to the bit")
