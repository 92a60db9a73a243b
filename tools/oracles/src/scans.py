# Reads DICOM frames with pydicom and pylibjpeg, and NIfTI slices with nibabel. Lines of stdin are a path, a page and a volume, separated by tabs;
# pixels go to the folder given, one JSON line per reading to stdout.
import json
import os
import sys
import warnings

import nibabel
import numpy as np
import pydicom
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut, pixel_array

warnings.simplefilter("ignore")


def scaled(values, low, high):
    share = (values.astype(float) - low) / ((high - low) or 1)
    return np.floor(np.clip(np.nan_to_num(share), 0, 1) * 255 + 0.5).astype(np.uint8)


def full_range(values, outliers=0):
    finite = np.sort(values[np.isfinite(values)].astype(float), axis=None)
    skip = int(len(finite) * outliers)
    return finite[skip], finite[len(finite) - 1 - skip]


def with_pydicom(path, page, _):
    data = pydicom.dcmread(path)
    stored = pixel_array(data, index=page)
    kind = data.PhotometricInterpretation
    if kind == "PALETTE COLOR":
        colors = apply_color_lut(stored, data)
        return colors if colors.dtype == np.uint8 or colors.max() < 256 else (colors >> 8).astype(np.uint8)
    if data.SamplesPerPixel == 3:
        return stored if stored.dtype == np.uint8 else (stored >> (data.BitsStored - 8)).astype(np.uint8)
    if data.get("BitsAllocated") == 1:
        return (255 * stored).astype(np.uint8)
    measured = apply_modality_lut(stored, data)
    if data.get("VOILUTSequence"):
        gray = scaled(apply_voi_lut(measured, data), 0, 2 ** data.VOILUTSequence[0].LUTDescriptor[2] - 1)
    elif data.get("WindowWidth"):
        # apply_voi_lut keeps the range of the values that could be stored.
        bits, slope, intercept = data.BitsStored, float(data.get("RescaleSlope", 1)), float(data.get("RescaleIntercept", 0))
        low = -(2 ** (bits - 1)) if data.PixelRepresentation else 0
        high = low + 2**bits - 1
        gray = scaled(apply_voi_lut(measured, data), low * slope + intercept, high * slope + intercept)
    else:
        padding = data.get("PixelPaddingValue")
        counted = measured if padding is None else measured[stored != padding]
        gray = scaled(measured, *full_range(counted))
    return 255 - gray if kind == "MONOCHROME1" else gray


def with_nibabel(path, page, volume):
    image = nibabel.load(path)
    data = np.asanyarray(image.dataobj)
    data = data.reshape(data.shape + (1,) * (4 - data.ndim))
    if data.dtype.names:
        data = np.stack([data[name] for name in ("R", "G", "B")], axis=-1)
    plane = data[:, :, page, volume]
    header = image.header
    if header["sform_code"] > 0 or header["qform_code"] > 0:
        directions = nibabel.orientations.io_orientation(image.affine)
        # Indices shall grow to the left, posterior and inferior; the lower anatomical axis runs across the screen.
        for axis in (0, 1):
            if directions[axis][1] > 0:
                plane = np.flip(plane, axis)
        if directions[0][0] > directions[1][0]:
            plane = plane.swapaxes(0, 1)
    plane = plane.swapaxes(0, 1)
    if plane.ndim == 3:
        return plane
    low, high = float(header["cal_min"]), float(header["cal_max"])
    return scaled(plane, low, high) if high > low else scaled(plane, *full_range(plane, 0.01))


folder = sys.argv[1]
for n, line in enumerate(text.rstrip("\n") for text in sys.stdin):
    path, page, volume = line.split("\t")
    reader, read = ("nibabel", with_nibabel) if ".nii" in path or ".hdr" in path else ("pydicom", with_pydicom)
    try:
        pixels = np.ascontiguousarray(read(path, int(page), int(volume)))
        out = os.path.join(folder, f"{n}.raw")
        pixels.tofile(out)
        found = {"width": pixels.shape[1], "height": pixels.shape[0], "channels": 1 if pixels.ndim == 2 else 3, "pixels": out}
    except Exception as error:
        found = {"error": str(error)}
    print(json.dumps({"file": line, "reader": reader, **found}), flush=True)
