"""Files for the form: a real image most of the time, so that requests get through to the model."""

import os

import schemathesis
from hypothesis import strategies as st

with open(os.environ["MEDCLIPSEG_IMAGE"], "rb") as file:
    IMAGE = file.read()

schemathesis.openapi.format("binary", st.sampled_from([IMAGE, IMAGE, IMAGE, IMAGE[: len(IMAGE) // 2], b"no image"]))
