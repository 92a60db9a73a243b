"""Reads TensorBoard event files with TensorBoard's own reader and prints what it found as JSON.

    pip install tensorboard==2.21.0
    python read_events.py FOLDER

Scalars as [step, value] pairs by tag, images as [step, width, height, SHA-256 of the file] by tag. Exits with 1 where there is nothing.
"""

import hashlib
import json
import sys

from tensorboard.backend.event_processing.event_accumulator import IMAGES, SCALARS, EventAccumulator


def read(folder: str) -> dict:
    events = EventAccumulator(folder, size_guidance={SCALARS: 0, IMAGES: 0})
    events.Reload()
    tags = events.Tags()
    return {
        "scalars": {tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in tags[SCALARS]},
        "images": {
            tag: [[e.step, e.width, e.height, hashlib.sha256(e.encoded_image_string).hexdigest()] for e in events.Images(tag)]
            for tag in tags[IMAGES]
        },
    }


if __name__ == "__main__":
    found = read(sys.argv[1])
    print(json.dumps(found, indent=1))
    sys.exit(0 if any(found.values()) else 1)
