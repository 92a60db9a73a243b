#!/usr/bin/env bash
# Builds native TensorFlow for TensorFlow.js from packages of npm and PyPI: see usage below and docs/backends.md.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: native-tensorflow.sh [--gpu] [--tensorflow VERSION] [--nodedir DIR] [PROJECT]

Builds @tensorflow/tfjs-node, or with --gpu @tensorflow/tfjs-node-gpu with CUDA 12 and cuDNN 9, inside PROJECT/node_modules
(PROJECT: a folder with a package.json, by default the current one). Linux x64 only. TensorFlow comes from its wheel on PyPI,
the JavaScript from npm; no other host is needed, and no Python at run time. package.json and the lock file stay as they are:
`npm install` and `npm ci` remove the build, and running this script again restores it.

  --gpu                 tfjs-node-gpu: 3.8 GB and about 3 minutes instead of 0.7 GB and one minute
  --tensorflow VERSION  version of the wheel (default 2.18.1; --gpu builds only this one)
  --nodedir DIR         folder whose include/node holds Node's headers (default: where Node is installed)

Needs Node 20 or later, npm, g++, make, and Python 3 with pip.
TEXT
}

fail() {
  printf 'native-tensorflow: %s\n' "$*" >&2
  exit 1
}
say() { printf 'native-tensorflow: %s\n' "$*"; }

package=@tensorflow/tfjs-node
wheel='tensorflow-cpu'
tested=2.18.1
tensorflow=$tested
project=.
nodedir=
megabytes=1600
while [ $# -gt 0 ]; do
  case $1 in
    --gpu) package=@tensorflow/tfjs-node-gpu wheel=tensorflow megabytes=6500 ;;
    --tensorflow | --nodedir)
      [ $# -ge 2 ] || { usage >&2; fail "$1: expected a value, got none."; }
      if [ "$1" = --tensorflow ]; then tensorflow=$2; else nodedir=$2; fi
      shift
      ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; fail "expected one of the options above, got '$1'." ;;
    *) project=$1 ;;
  esac
  shift
done

# CUDA libraries that tensorflow[and-cuda] 2.18.1 pins.
cuda=(
  nvidia-cublas-cu12==12.5.3.2 nvidia-cuda-cupti-cu12==12.5.82 nvidia-cuda-nvcc-cu12==12.5.82 nvidia-cuda-nvrtc-cu12==12.5.82
  nvidia-cuda-runtime-cu12==12.5.82 nvidia-cudnn-cu12==9.3.0.75 nvidia-cufft-cu12==11.2.3.61 nvidia-curand-cu12==10.3.6.82
  nvidia-cusolver-cu12==11.6.3.83 nvidia-cusparse-cu12==12.5.1.3 nvidia-nccl-cu12==2.21.5 nvidia-nvjitlink-cu12==12.5.82
)

# What the machine must have.
[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || fail "expected Linux on x86_64, got $(uname -s) on $(uname -m). Use wasm or onnx here."
[[ $tensorflow =~ ^2\.(1[0-9]|[2-9][0-9])\.[0-9]+$ ]] ||
  fail "--tensorflow: expected a version from 2.10.0 on, such as $tested, got '$tensorflow'. Older wheels have no libtensorflow_cc."
[ "$wheel" = tensorflow-cpu ] || [ "$tensorflow" = $tested ] ||
  fail "--gpu: expected --tensorflow $tested, got $tensorflow. The versions of the CUDA libraries are known only for $tested."
missing=()
has() { command -v "$1" >/dev/null || missing+=("$2"); }
has node 'Node 20 or later' && has npm npm && has g++ g++ && has make make && has python3 python3
if command -v python3 >/dev/null && ! python3 -m pip --version >/dev/null 2>&1; then missing+=('pip (python3-pip)'); fi
if [ ${#missing[@]} -gt 0 ]; then
  printf -v names ', %s' "${missing[@]}"
  fail "expected tools to build with, but found no ${names:2}. Install them, on Debian and Ubuntu with: apt-get install g++ make python3 python3-pip"
fi
[ "$(node -p 'process.versions.node.split(".")[0] >= 20')" = true ] || fail "expected Node 20 or later, got $(node --version)."
nodedir=${nodedir:-$(node -p 'require("path").resolve(process.execPath, "../..")')}
for header in node_api.h common.gypi; do
  [ -f "$nodedir/include/node/$header" ] || fail "expected Node's headers in $nodedir/include/node, but it has no $header. \
Install Node from its archive at nodejs.org (Debian's: apt-get install libnode-dev), or pass --nodedir."
done
[ -f "$project/package.json" ] || fail "expected a project folder with a package.json, got '$project'. Run npm init there first."
cd "$project"

# The package's folder, empty if it is not installed. Workspaces install into the folder of their root.
folder() {
  node -e '
    const { createRequire } = require("module");
    try {
      const paths = createRequire(process.cwd() + "/x").resolve.paths(process.argv[1]);
      const found = paths.map((path) => path + "/" + process.argv[1]).find((path) => require("fs").existsSync(path + "/package.json"));
      if (found) process.stdout.write(require("fs").realpathSync(found));
    } catch {}' "$1"
}
version() { node -p "require('$1/package.json').version"; }

# Loads the add-on, multiplies two matrices and prints what computed them. Its log goes to file descriptor 3.
# shellcheck disable=SC2016 # JavaScript, not shell.
try() {
  TF_CPP_MIN_LOG_LEVEL=1 node -e '
    const util = require("util");
    util.isNullOrUndefined ??= (value) => value == null;
    const tf = require(process.argv[1]);
    const [product] = tf.matMul([[3]], [[14]]).dataSync();
    if (product !== 42 || tf.getBackend() !== "tensorflow") throw new Error("expected 3 x 14 = 42, got " + product);
    const { binding, isUsingGpuDevice } = tf.backend();
    process.stdout.write(`TensorFlow ${binding.TF_Version}, ${isUsingGpuDevice ? "on a GPU" : "on the CPU"}`);
  ' "$1" 2>&3
}

core=$(folder @tensorflow/tfjs-core)
release=4.22.0
if [ -n "$core" ]; then release=$(version "$core"); fi
at=$(folder $package)
stamp="$wheel $tensorflow for $package $release"
if [ -n "$at" ] && [ "$(cat "$at/deps/built-from.txt" 2>/dev/null)" = "$stamp" ] && works=$(try "$at" 3>/dev/null); then
  say "nothing to do: $at is built already ($works)."
  exit 0
fi

if [ -z "$at" ] || [ "$(version "$at")" != "$release" ]; then
  wanted=("$package@$release")
  # Not in package.json either: npm would remove the other package if it were not named.
  for other in @tensorflow/tfjs-node @tensorflow/tfjs-node-gpu; do
    if [ "$other" != $package ] && [ -n "$(folder $other)" ]; then wanted+=("$other@$(version "$(folder $other)")"); fi
  done
  say "installing ${wanted[*]}"
  npm install --no-save --ignore-scripts --no-audit --no-fund "${wanted[@]}"
  at=$(folder $package)
  [ -n "$at" ] || fail "expected npm to install $package, but it is not in $PWD/node_modules or above."
fi

free=$(df -Pm "$at" | awk 'NR == 2 { print $4 }')
[ "$free" -ge $megabytes ] || fail "expected $megabytes MB free at $at, got $free. Free some space."

# Everything is downloaded and unpacked under this name first, so that an interrupted run resumes and never looks complete.
part="$at/deps.part"
mkdir -p "$part/wheels"
if [ "$(cat "$part/for.txt" 2>/dev/null)" != "$stamp" ]; then
  rm -rf "$part"
  mkdir -p "$part/wheels"
  printf '%s' "$stamp" >"$part/for.txt"
fi
pip=(python3 -m pip --disable-pip-version-check --retries 10)
say "downloading $wheel $tensorflow"
"${pip[@]}" download --quiet --no-deps --only-binary=:all: --python-version 3.11 --platform manylinux_2_17_x86_64 \
  --platform manylinux2014_x86_64 --dest "$part/wheels" "$wheel==$tensorflow" ||
  fail "pip could not download $wheel $tensorflow (see above). Choose another version with --tensorflow, or run again."
say "unpacking its headers and libraries"
rm -rf "$part/deps"
mkdir -p "$part/deps/lib"
python3 - "$part" <<'PYTHON'
import glob, os, shutil, sys, zipfile

part = sys.argv[1]
names = ("libtensorflow_cc.so.2", "libtensorflow_framework.so.2")
found = set()
with zipfile.ZipFile(glob.glob(part + "/wheels/tensorflow*.whl")[0]) as wheel:
    for name in wheel.namelist():
        if name.startswith("tensorflow/include/") and not name.endswith("/"):
            target = "include/" + name[len("tensorflow/include/"):]
        elif name in ["tensorflow/" + library for library in names]:
            target = "lib/" + name[len("tensorflow/"):]
            found.add(name[len("tensorflow/"):])
        else:
            continue
        path = os.path.join(part, "deps", target)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with wheel.open(name) as source, open(path, "wb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
missing = set(names) - found
if missing:
    sys.exit("native-tensorflow: expected the wheel to contain " + ", ".join(sorted(missing)) + ". Choose another version with --tensorflow.")
PYTHON
ln -s libtensorflow_cc.so.2 "$part/deps/lib/libtensorflow.so"
ln -s libtensorflow_framework.so.2 "$part/deps/lib/libtensorflow_framework.so"
if [ $wheel = tensorflow ]; then
  say "installing ${#cuda[@]} CUDA packages"
  # libtensorflow searches $ORIGIN/../nvidia/*/lib. Kept apart until complete.
  if [ ! -d "$part/nvidia" ]; then
    rm -rf "$part/cuda"
    "${pip[@]}" install --quiet --no-deps --only-binary=:all: --no-compile --target "$part/cuda" "${cuda[@]}" ||
      fail 'pip could not install the CUDA packages (see above). Run again.'
    mv "$part/cuda/nvidia" "$part/nvidia"
  fi
fi
rm -rf "$at/deps"
mv "$part/deps" "$at/deps"

say "compiling the add-on with $(g++ --version | head -n 1) for Node $(node --version)"
log="$part/compile.log"
(cd "$at" && npx --no-install node-pre-gyp install --build-from-source "--nodedir=$nodedir") >"$log" 2>&1 || {
  tail -n 40 "$log" >&2
  fail "the add-on did not compile; the whole log is $log."
}
if [ -d "$part/nvidia" ]; then mv "$part/nvidia" "$at/deps/nvidia"; fi
rm -rf "$at"/build "$at"/build-tmp-*
works=$(try "$at" 3>"$part/try.log") || {
  tail -n 20 "$part/try.log" >&2
  fail "the add-on was compiled but does not compute (see above)."
}
# Headers are needed for compiling only.
rm -rf "$part" "$at/deps/include"
printf '%s' "$stamp" >"$at/deps/built-from.txt"
say "built $package $release with $works: $(du -sm "$at" | cut -f 1) MB in $at"
if [ $wheel = tensorflow ] && [ "${works%GPU}" = "$works" ]; then
  say 'TensorFlow sees no GPU here: it needs the NVIDIA driver (see nvidia-smi). Until then, node-gpu is refused.'
fi
