"""Makes volumes with a bright cube at a known corner: NIfTI by nibabel, DICOM series by pydicom.

Usage: make.py FOLDER. Writes cubes.json: for each NIfTI file the voxels of its cube as [from, to] along each axis.
"""

import json
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, MRImageStorage, generate_uid

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)

SHAPE = (20, 16, 12)
CUBE = [(2, 9), (1, 6), (3, 8)]


def bright(shape, cube, low=100, high=1000, dtype=np.int16):
    voxels = np.full(shape, low, dtype)
    voxels[tuple(slice(a, b) for a, b in cube)] = high
    return voxels


def oriented(code):
    """An affine whose voxel axes grow in the named directions, with spacing 0.8, 1.1, 2.5."""
    affine = np.zeros((4, 4))
    for axis, (letter, size) in enumerate(zip(code, (0.8, 1.1, 2.5))):
        row = "LRPAIS".index(letter) // 2
        affine[row, axis] = size * (1 if letter in "RAS" else -1)
    affine[:, 3] = (10, -20, 30, 1)
    return affine


def oblique():
    a, b = np.radians(20), np.radians(-35)
    x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    z = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = (x @ z) @ np.diag([-0.8, 1.1, 2.5])
    affine[:3, 3] = (12.5, -7.25, 3)
    return affine


cubes = {}


def save(image, name, sform=2, qform=1, units=("mm", "sec")):
    image.header.set_xyzt_units(*units)
    image.set_sform(image.affine, sform)
    image.set_qform(image.affine, qform)
    nib.save(image, folder / name)
    cubes[name] = CUBE


for code in ("LAS", "RAS", "PSR", "IPL"):
    save(nib.Nifti1Image(bright(SHAPE, CUBE), oriented(code)), f"{code}.nii.gz")
save(nib.Nifti1Image(bright(SHAPE, CUBE, dtype=np.float32), oblique()), "oblique.nii.gz")
save(nib.Nifti1Image(bright(SHAPE, CUBE), oblique()), "qform-only.nii", sform=0)
save(nib.Nifti1Image(bright(SHAPE, CUBE), oriented("RAS")), "sform-only.nii", qform=0, units=("micron", "unknown"))
save(nib.Nifti2Image(bright(SHAPE, CUBE, dtype=np.float64), oriented("LPS")), "second.nii.gz")
header = nib.Nifti1Header(endianness=">")
header.set_data_dtype(">i2")
header["descrip"] = b"Doe^Jane"
save(nib.Nifti1Image(bright(SHAPE, CUBE), oriented("LAS"), header), "big-endian.nii")
scaled = nib.Nifti1Image(bright(SHAPE, CUBE, dtype=np.uint8, high=250), oriented("RAS"))
scaled.header.set_slope_inter(2.0, -7.0)
save(scaled, "scaled.nii.gz")
save(nib.Nifti1Image(bright(SHAPE, CUBE)[..., None], oriented("LAS")), "fourth-of-one.nii.gz")
thick = oriented("RAS")
thick[:, :3] = thick[:, [2, 1, 0]]
save(nib.Nifti1Image(bright(SHAPE, CUBE), thick), "thick-first.nii.gz")
dimensions = nib.Nifti1Image(bright(SHAPE, CUBE), oriented("RAS"))
dimensions.header.set_dim_info(freq=0, phase=2, slice=1)
save(dimensions, "named-slices.nii.gz")
time = np.stack([bright(SHAPE, CUBE, high=100), bright(SHAPE, CUBE)], axis=3)
time[0, 0, 0, 0] = 200
save(nib.Nifti1Image(time, oriented("LAS")), "time.nii.gz")
pair = nib.Nifti1Pair(bright(SHAPE, CUBE), oriented("LAS"))
save(pair, "pair.hdr")


def series(name, orientation, spacing, between, *, count=10, tilt=0.0, modality="CT", window=True, reverse=False):
    """Slices named in shuffled order; the cube is in columns 3 to 10, rows 2 to 7, and slices 4 to 8 along the normal."""
    rows, columns = 18, 24
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    normal = np.cross(row, column)
    step = normal * between + column * tilt
    start = np.array([-31.25, 12.5, -80.125])
    uid, study, frame = generate_uid(), generate_uid(), generate_uid()
    (folder / name).mkdir()
    order = np.random.default_rng(7).permutation(count)
    for k in range(count):
        data = Dataset()
        data.file_meta = FileMetaDataset()
        data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        data.SOPClassUID = CTImageStorage if modality == "CT" else MRImageStorage
        data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
        data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        data.SpecificCharacterSet = "ISO_IR 100"
        data.PatientName, data.PatientID = "Müller^Jörg", "P-1"
        data.PatientBirthDate, data.PatientSex = "19700101", "O"
        data.StudyInstanceUID, data.SeriesInstanceUID, data.FrameOfReferenceUID = study, uid, frame
        data.StudyDate, data.StudyTime, data.StudyID, data.AccessionNumber = "20240102", "101112", "1", "A1"
        data.ContentDate, data.ContentTime = "20240102", "101500"
        data.ReferringPhysicianName, data.Modality, data.SeriesNumber = "", modality, 3
        data.Manufacturer, data.PositionReferenceIndicator = "Test", ""
        data.InstanceNumber = count - k if reverse else k + 1
        data.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        data.ImageOrientationPatient = [f"{v:.8g}" for v in orientation]
        data.ImagePositionPatient = [f"{v:.8g}" for v in start + k * step]
        data.PixelSpacing = [f"{v:.8g}" for v in spacing]
        data.SliceThickness = f"{between:.8g}"
        data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
        data.Rows, data.Columns = rows, columns
        data.BitsAllocated = data.BitsStored = 16
        data.HighBit, data.PixelRepresentation = 15, 1
        data.RescaleIntercept, data.RescaleSlope = "-1024", "1"
        if modality == "CT":
            data.RescaleType = "HU"
        if window:
            data.WindowCenter, data.WindowWidth = "40", "400"
        pixels = np.full((rows, columns), 24 if modality == "CT" else 924, np.int16)
        if 4 <= k < 8:
            pixels[2:7, 3:10] = 1224
        data.PixelData = pixels.tobytes()
        data.save_as(folder / name / f"IM{order[k]:04d}", enforce_file_format=True)


axial = [1, 0, 0, 0, 1, 0]
angle = np.radians(25)
tipped = [1, 0, 0, 0, float(np.cos(angle)), float(-np.sin(angle))]
sagittal = [0, 1, 0, 0, 0, -1]
series("axial", axial, (0.7, 0.9), 2.5)
series("oblique-series", tipped, (0.7, 0.7), 3, reverse=True)
series("sagittal", sagittal, (1.2, 0.6), 4, modality="MR", window=False)
series("tilted", axial, (0.7, 0.7), 3, tilt=0.9)
(folder / "cubes.json").write_text(json.dumps(cubes))
