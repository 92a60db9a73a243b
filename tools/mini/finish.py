"""Writes the file of the package from a checkpoint of the adapters' training: float16, without the optimizer, with the words that mini knows.

    python tools/mini/finish.py best.safetensors mini.safetensors
"""

import pathlib
import sys

from network import read_checkpoint, write_tensors

MOST_BYTES = 12e6

source, target = map(pathlib.Path, sys.argv[1:3])
tensors, config, tokenizer = read_checkpoint(source)
write_tensors(target, tensors, config, tokenizer)
size = target.stat().st_size
if size > MOST_BYTES:
    raise SystemExit(f"{target}: expected at most {MOST_BYTES:.0f} bytes, got {size}. Make the model smaller.")
print(f"{target}: {size / 1e6:.1f} MB")
