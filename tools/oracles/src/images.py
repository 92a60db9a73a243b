# Reads image files with OpenCV and Pillow. Input paths come on stdin, one per line; pixels go to the folder given, one JSON line per reading to stdout.
import json
import os
import sys
import warnings

os.environ["OPENCV_LOG_LEVEL"] = "OFF"
import cv2
import numpy as np
from PIL import Image, ImageOps

warnings.simplefilter("ignore")


def with_opencv(path):
    image = cv2.imread(path, cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError("not read")
    return image[:, :, ::-1]


def with_pillow(path):
    image = Image.open(path)
    image.load()
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16"):
        return (np.asarray(image) >> 8).astype(np.uint8)
    if image.mode in ("I", "F"):
        raise ValueError("no 8-bit reading")
    # Alpha is dropped, as we do; convert() alone keeps the color under transparent pixels.
    return np.asarray(image.convert("RGBA"))[:, :, :3]


folder = sys.argv[1]
for n, path in enumerate(line.strip() for line in sys.stdin):
    for reader, read in (("OpenCV", with_opencv), ("Pillow", with_pillow)):
        try:
            pixels = np.ascontiguousarray(read(path))
            out = os.path.join(folder, f"{n}.{reader}.raw")
            pixels.tofile(out)
            channels = 1 if pixels.ndim == 2 else 3
            line = {"width": pixels.shape[1], "height": pixels.shape[0], "channels": channels, "pixels": out}
        except Exception as error:
            line = {"error": str(error)}
        print(json.dumps({"file": path, "reader": reader, **line}), flush=True)
