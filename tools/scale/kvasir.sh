#!/bin/bash
# The experiments at the size of a CPU: new adapters on mini's frozen encoders, trained on Kvasir. Start it once per free core, all at once.
#   tools/scale/kvasir.sh DATA OUT && npx tsx tools/scale/src/kvasir-page.ts OUT docs/kvasir.md
# DATA has the datasets Kvasir and ISIC, and phantoms:
#   npx @medclipseg/cli dataset phantom --modality endoscopy --count 500 --seed 16 --out DATA/phantoms
set -euo pipefail
data=$1
out=$2
# shellcheck disable=SC2086 # MEDCLIPSEG may be a command with arguments.
run() {
  ${MEDCLIPSEG:-npx --yes @medclipseg/cli} experiment "$@" --config mini --data "$data" --out "$out" --backend onnx --threads 1 \
    --set TRAIN.NUM_EPOCHS=2 --set TEST.NUM_SAMPLES=5
}
run data-efficiency --datasets Kvasir --seeds 1,2,3
run domain-generalization --group Kvasir:ISIC,phantoms --seeds 1,2,3
run prompt-designs --group Kvasir --seeds 1,2,3
run components --group Kvasir --seeds 1
