#!/usr/bin/env bash
# Downloads the test files of Pillow, scikit-image, pydicom and nibabel, reads each of them with this project and with established readers, and
# writes two tables: read alike, refused and why, different. From the repository's root: tools/oracles/run.sh [FOLDER]
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=${1:-tools/oracles/.venv}
python=$folder/bin/python
files=$folder/files
[ -x "$python" ] || python3 -m venv "$folder"
"$python" -m pip install --quiet -r tools/oracles/requirements.txt

mkdir -p "$files"
version() { "$python" -m pip show "$1" | sed -n 's/^Version: //p'; }
# Wheels leave these test files out.
for name in pillow nibabel; do
  [ -d "$files/$name-$(version $name)" ] && continue
  "$python" -m pip download --quiet --no-deps --no-binary :all: --dest "$files" "$name==$(version $name)"
  tar xzf "$files/$name-$(version $name).tar.gz" -C "$files"
done

packages=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
compare() {
  local script=$1
  shift
  node --conditions=@medclipseg/source --import tsx "tools/oracles/src/$script.ts" --python "$python" --out "$folder/$script.md" "$@"
}
compare images "$files"/pillow-*/Tests/images "$packages/skimage/data"
compare scans "$packages/pydicom/data/test_files" "$packages/data_store/data" "$files"/nibabel-*/nibabel/tests/data "$files"/nibabel-*/nibabel/nicom/tests/data
