# Checks each model of a list with onnx.checker, runs it with onnxruntime, and prints the largest differences to the outputs that are given.
# Reads JSON lines {"model", "inputs": {name: tensor}, "outputs": {name: tensor}} from stdin, where a tensor is {"type", "shape", "data"}; without
# inputs, the model is only checked;
# writes one JSON line for each: {"model", "differences": {name: number}} or {"model", "error"}.
import json
import sys

import numpy as np
import onnx
import onnxruntime

TYPES = {"float32": np.float32, "int32": np.int32, "bool": np.bool_}


def array(tensor):
    return np.array(tensor["data"], TYPES[tensor["type"]]).reshape(tensor["shape"])


def differences(case):
    onnx.checker.check_model(case["model"], full_check=True)
    if "inputs" not in case:
        return {}
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(case["model"], options)
    names = [output.name for output in session.get_outputs()]
    results = dict(zip(names, session.run(names, {name: array(value) for name, value in case["inputs"].items()})))
    found = {}
    for name, tensor in case["outputs"].items():
        expected, actual = array(tensor), results.pop(name)
        if actual.shape != expected.shape or actual.dtype != expected.dtype:
            raise ValueError(f"{name}: expected {expected.dtype} {expected.shape}, got {actual.dtype} {actual.shape}")
        found[name] = float(np.max(np.abs(actual.astype(np.float64) - expected.astype(np.float64)), initial=0.0))
    if results:
        raise ValueError(f"outputs: expected {list(found)}, got {list(results)} as well")
    return found


for line in sys.stdin:
    case = json.loads(line)
    try:
        answer = {"differences": differences(case)}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps({"model": case["model"], **answer}), flush=True)
