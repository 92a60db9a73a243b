"""Reads the results of volumes.test.ts back and reports differences.

Usage: check.py SOURCES RESULTS. Prints a JSON object: for each check, what is wrong with it; nothing where it is right.
"""

import contextlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import dicom2nifti
import highdicom as hd
import nibabel as nib
import numpy as np
import pydicom
import SimpleITK as sitk

warnings.simplefilter("ignore")
sources, results = Path(sys.argv[1]), Path(sys.argv[2])
wrong = {}


@contextlib.contextmanager
def check(name):
    try:
        yield
        wrong[name] = None
    except Exception as error:  # every failure belongs to its check
        wrong[name] = f"{type(error).__name__}: {error}"


def same(what, a, b):
    assert a == b, f"{what}: {a} and {b}"


def close(what, a, b, tolerance):
    a, b = np.asarray(a, float), np.asarray(b, float)
    same(f"{what}, shape", a.shape, b.shape)
    assert np.abs(a - b).max() <= tolerance, f"{what}: {a.tolist()} and {b.tolist()}"


KEPT = ["dim", "pixdim", "qform_code", "sform_code", "quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y",
        "qoffset_z", "srow_x", "srow_y", "srow_z", "xyzt_units", "dim_info", "slice_code", "slice_duration", "toffset"]

for name, cube in json.loads((sources / "cubes.json").read_text()).items():
    with check(name):
        source = nib.load(sources / name)
        stem = name.removesuffix(".gz").removesuffix(".nii").removesuffix(".hdr")
        ending = ".nii.gz" if name.endswith(".gz") else ".nii"
        expected = np.zeros(source.shape[:3], np.uint8)
        expected[tuple(slice(a, b) for a, b in cube)] = 1
        for kind, dtype in (("mask", np.uint8), ("probability", np.float32)):
            found = nib.load(results / f"{stem}-{kind}{ending}")
            same("class", type(found).__name__, type(source).__name__.replace("Pair", "Image"))
            same("dtype", found.get_data_dtype().newbyteorder("="), np.dtype(dtype))
            same("byte order", found.header.endianness, source.header.endianness)
            for field in KEPT:
                if name == "time.nii.gz" and field in ("dim", "pixdim"):
                    continue
                same(field, found.header[field].tobytes(), source.header[field].tobytes())
            same("affine", found.affine.tolist(), source.affine.tolist())
            same("description", b"Jane" in found.header["descrip"].tobytes(), False)
            same("qform", found.get_qform(coded=True)[1], source.get_qform(coded=True)[1])
            values = np.asanyarray(found.dataobj)
            if name == "fourth-of-one.nii.gz":
                same("dimensions", values.shape, source.shape)
                values = values[..., 0]
            same("shape", values.shape, source.shape[:3])
            if kind == "mask":
                assert np.array_equal(values, expected), f"{int((values != expected).sum())} voxels differ"
            else:
                assert np.array_equal(values > 0.5, expected > 0), "the probability is elsewhere"


def itk_series(folder):
    """The series as SimpleITK reads it, as NIfTI."""
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    image = reader.Execute()
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "itk.nii.gz"
        sitk.WriteImage(image, str(path))
        loaded = nib.load(path)
        return np.asanyarray(loaded.dataobj).copy(), loaded.affine


for folder in ("axial", "oblique-series", "sagittal"):
    with check(folder):
        voxels, affine = itk_series(sources / folder)
        mask = nib.load(results / f"{folder}-mask.nii.gz")
        close("affine", mask.affine, affine, 2e-4)
        close("qform", mask.get_qform(), affine, 2e-4)
        same("codes", (int(mask.header["qform_code"]), int(mask.header["sform_code"])), (1, 1))
        same("units", mask.header.get_xyzt_units()[0], "mm")
        bright = voxels > (voxels.min() + voxels.max()) / 2
        same("voxels", int(bright.sum()), 7 * 5 * 4)
        assert np.array_equal(np.asanyarray(mask.dataobj) > 0, bright), "the mask is elsewhere"
    with check(f"{folder}, dicom2nifti"):
        with tempfile.TemporaryDirectory() as temporary, contextlib.redirect_stdout(io.StringIO()):
            path = Path(temporary) / "converted.nii.gz"
            dicom2nifti.dicom_series_to_nifti(str(sources / folder), str(path), reorient_nifti=True)
            other = nib.as_closest_canonical(nib.load(path))
            mask = nib.as_closest_canonical(nib.load(results / f"{folder}-mask.nii.gz"))
            close("affine", mask.affine, other.affine, 1e-3)
            voxels = np.asanyarray(other.dataobj)
            assert np.array_equal(np.asanyarray(mask.dataobj) > 0, voxels > (voxels.min() + voxels.max()) / 2), "elsewhere"

with check("tilted"):
    mask = nib.load(results / "tilted-mask.nii.gz")
    same("codes", (int(mask.header["qform_code"]), int(mask.header["sform_code"])), (0, 1))
    first = [pydicom.dcmread(path) for path in sorted((sources / "tilted").iterdir())]
    first.sort(key=lambda data: data.ImagePositionPatient[2])
    for k, data in enumerate(first):
        lps = np.array([-1, -1, 1, 1]) * (mask.affine @ [0, 0, k, 1])
        close(f"position of slice {k}", lps[:3], data.ImagePositionPatient, 1e-3)


def slices_of(folder):
    files = [pydicom.dcmread(path) for path in (sources / folder).iterdir()]
    normal = np.cross(files[0].ImageOrientationPatient[:3], files[0].ImageOrientationPatient[3:])
    return sorted(files, key=lambda data: float(np.dot(normal, data.ImagePositionPatient)))


for folder, segments in (("axial", 1), ("oblique-series", 2), ("sagittal", 1)):
    path = results / f"{folder}-seg.dcm"
    with check(f"{folder}, SEG by pydicom"):
        seg, files = pydicom.dcmread(path), slices_of(folder)
        same("transfer syntax", seg.file_meta.TransferSyntaxUID, pydicom.uid.ExplicitVRLittleEndian)
        for name in ("PatientID", "StudyInstanceUID", "FrameOfReferenceUID", "StudyDate", "AccessionNumber"):
            same(name, seg[name].value, files[0][name].value)
        same("PatientName", str(seg.PatientName), str(files[0].PatientName))
        same("series", seg.SeriesInstanceUID == files[0].SeriesInstanceUID, False)
        same("references", [item.ReferencedSOPInstanceUID for item in seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence],
             [data.SOPInstanceUID for data in files])
        same("frames", int(seg.NumberOfFrames), 4)
        frames = seg.pixel_array
        for k, (frame, group) in enumerate(zip(frames, seg.PerFrameFunctionalGroupsSequence)):
            data = files[4 + k]
            same("source", group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID, data.SOPInstanceUID)
            close("position", group.PlanePositionSequence[0].ImagePositionPatient, data.ImagePositionPatient, 1e-6)
            assert np.array_equal(frame > 0, data.pixel_array > 1100), f"frame {k} has other pixels"
        same("algorithm", seg.SegmentSequence[0].SegmentAlgorithmType, "AUTOMATIC")
    with check(f"{folder}, SEG by highdicom"):
        seg, files = hd.seg.segread(path), slices_of(folder)
        same("segments", seg.number_of_segments, segments)
        same("label", seg.get_segment_description(1).segment_label, "cube")
        same("tracked", len(seg.get_tracking_ids()), segments)
        same("sources", {uid for _, _, uid in seg.get_source_image_uids()}, {data.SOPInstanceUID for data in files})
        by_slice = seg.get_pixels_by_source_instance(
            [data.SOPInstanceUID for data in files], combine_segments=True, assert_missing_frames_are_empty=True)
        expected = np.stack([data.pixel_array > 1100 for data in files])
        if segments == 2:
            expected = expected.astype(int)
            expected[6:] *= 2
        assert np.array_equal(by_slice, expected), "the segments are elsewhere"
        volume = seg.get_volume(combine_segments=True)
        close("geometry", volume.spacing[1:], files[0].PixelSpacing, 1e-6)
    with check(f"{folder}, SEG by SimpleITK"):
        image = sitk.ReadImage(str(path))
        same("size", image.GetSize()[:2], (files[0].Columns, files[0].Rows))
    with check(f"{folder}, SEG by dciodvfy"):
        assert shutil.which("dciodvfy"), "dciodvfy is not installed: apt-get install dicom3tools"
        report = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, check=False).stderr
        errors = [line for line in report.splitlines() if line.startswith("Error")]
        same("errors", errors, [])

with check("empty SEG"):
    seg = hd.seg.segread(results / "empty-seg.dcm")
    same("frames", int(seg.NumberOfFrames), 10)
    same("pixels", int(seg.pixel_array.sum()), 0)

print(json.dumps(wrong))
