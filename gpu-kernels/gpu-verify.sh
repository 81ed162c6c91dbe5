#!/usr/bin/env bash
# On a machine with an NVIDIA GPU, in the folder that pack-for-gpu.sh made: runs the suite on the device against the CPU, once more under compute-sanitizer
# where that is, then measures, and writes results/GPU-DATE.json.
#   gpu-verify.sh [MODEL.gguf ...]   without models, random ones of real shapes are made
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

command -v nvidia-smi >/dev/null || { echo "there is no nvidia-smi here, so no driver: nothing was verified" >&2; exit 1; }
[ -x java/bin/java ] || { echo "run this in the folder that pack-for-gpu.sh packs" >&2; exit 1; }
export MILLRACE_CONFORMANCE=$PWD/conformance
java=(java/bin/java -Xmx4g --add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED)
suite=("${java[@]}" -Dmillrace.gpu=cuda -cp "classes:test-classes:lib/*" org.millrace.gpu.engine.GpuVerify)
launcher=("${java[@]}" -Dmillrace.home="$PWD" -cp "classes:lib/*" org.millrace.launcher.Main)

echo "== the suite on the device"
"${suite[@]}"
sanitized=false
if sanitizer=$(command -v compute-sanitizer || command -v /usr/local/cuda/bin/compute-sanitizer); then
  for tool in memcheck racecheck synccheck initcheck; do
    echo "== compute-sanitizer $tool"
    "$sanitizer" --tool "$tool" --error-exitcode 9 --target-processes all "${suite[@]}"
  done
  sanitized=true
else
  echo "== no compute-sanitizer here: left out, and the result says so"
fi

models=("$@")
if [ ${#models[@]} -eq 0 ]; then
  for quantization in Q4_0 Q4_K_M Q8_0; do
    file=models/llama-3.2-1b.$quantization.gguf
    mkdir -p models
    [ -f "$file" ] || "${launcher[@]}" synth --shape llama-3.2-1b --quant "$quantization" --out "$file"
    models+=("$file")
  done
fi

ask() { nvidia-smi --query-gpu="$1" --format=csv,noheader,nounits -i 0 | sed 's/^ *//; s/ *$//'; }
mkdir -p results
gpu=$(ask name | tr -c 'A-Za-z0-9\n' '-')
result=results/$gpu-$(date -u +%F).json
{
  printf '{"gpu": "%s", "driver": "%s", "sm_clock_max_mhz": %s, "memory_clock_max_mhz": %s, "commit": "%s", "sanitized": %s, "runs": [' \
    "$(ask name)" "$(ask driver_version)" "$(ask clocks.max.sm)" "$(ask clocks.max.memory)" "$(<commit)" "$sanitized"
  separator=
  for model in "${models[@]}"; do
    for batch in 1 8 32; do
      arguments=(bench --model "$model" --device cuda --prompt-tokens 512 --gen-tokens 128 --batch "$batch" --json)
      [ -n "$separator" ] || arguments+=(--kernels-table)
      echo "== ${arguments[*]}" >&2
      figures=$("${launcher[@]}" "${arguments[@]}")
      printf '%s\n{"command": "%s", "sm_clock_mhz": %s, "figures": %s}' "$separator" "${arguments[*]}" "$(ask clocks.sm)" "$figures"
      separator=,
    done
  done
  printf ']}\n'
} >"$result"
echo "wrote $result: copy it to bench/results/"
