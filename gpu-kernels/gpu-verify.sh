#!/usr/bin/env bash
# On a machine with an NVIDIA GPU, in the folder that pack-for-gpu.sh made: runs the suite on the device against the CPU, once more under compute-sanitizer
# where that is, then measures, and writes results/GPU-DATE.json.
#   gpu-verify.sh [--gpu N[,M...]] [--shape SHAPE] [MODEL.gguf ...]
#     --gpu     which GPUs to use, by the driver's numbers; default: 0. With several, splitting a model over them is tested too
#     --shape   of the random models that are made where none is named; default: llama-3.1-8b
#   gpu-verify.sh --stand-in   the same with a stand-in for the driver, whose devices are emulated, and tiny models: all but the GPU is tried out
#   gpu-verify.sh --emulated   the same on the emulated device, without the driver's binding
# The figures of these two mean nothing.
set -euo pipefail
from=$PWD
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

fail() {
  printf 'gpu-verify: %s\n' "$1" >&2
  exit 1
}

gpus= shape=llama-3.1-8b emulated= stand_in= models=()
while [ $# -gt 0 ]; do
  case $1 in
    --gpu | --shape)
      [ $# -gt 1 ] || fail "$1 wants a value"
      if [ "$1" = --gpu ]; then gpus=$2; else shape=$2; fi
      shift
      ;;
    --emulated) emulated=yes shape=tiny ;;
    --stand-in) stand_in=yes shape=tiny ;;
    -*) fail "$1 is not known; known are --gpu, --shape, --stand-in and --emulated" ;;
    *)
      case $1 in /*) model=$1 ;; *) model=$from/$1 ;; esac
      [ -r "$model" ] || fail "$1: there is no such file"
      models+=("$model")
      ;;
  esac
  shift
done
[ -n "$gpus" ] || { [ -n "$stand_in" ] && gpus=0,1; } || gpus=0
[[ $gpus =~ ^[0-9]+(,[0-9]+)*$ ]] || fail "--gpu is '$gpus'; give numbers like 0 or 0,1"
[ -x java/bin/java ] || fail "run this in the folder that pack-for-gpu.sh packs"

[ ! -d conformance ] || export MILLRACE_CONFORMANCE=$PWD/conformance
java=(java/bin/java -Xmx4g --add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED)
if [ -n "$stand_in" ]; then
  export LD_LIBRARY_PATH=$PWD/target/emulation/driver
  [ -f "$LD_LIBRARY_PATH/libcuda.so.1" ] || fail "there is no stand-in in this folder: it was packed where it could not be built"
  # So that a test fails in which the stand-in has something to complain of.
  export MILLRACE_STAND_IN=log=$PWD/stand-in.log
  java+=("-Dmillrace.stand-in=$LD_LIBRARY_PATH/libcuda.so.1" "-Dmillrace.stand-in.log=$PWD/stand-in.log" -Djunit.jupiter.extensions.autodetection.enabled=true)
fi
if [ -n "$emulated" ]; then
  device=emulated:0 tested=emulated launcher_path="classes:test-classes:lib/*"
else
  device=cuda:$gpus tested=cuda:$gpus launcher_path="classes:lib/*"
fi
suite=("${java[@]}" "-Dmillrace.gpu=$tested" -cp "classes:test-classes:lib/*" org.millrace.gpu.engine.GpuVerify)
launcher=("${java[@]}" -Dmillrace.home="$PWD" -cp "$launcher_path" org.millrace.launcher.Main)

status=0
echo "== the suite on $tested"
found=$("${suite[@]}" --probe) || { echo "$found"; exit 1; }
echo "$found"
# Also where somebody put it before the driver by hand.
case $found in *'stand-in for a GPU'*) stand_in=yes ;; esac
trial=$emulated$stand_in
if [ -n "$emulated" ]; then
  "${suite[@]}" --kernels || status=1
else
  "${suite[@]}" || status=1
fi
suite_status=$status

sanitizers=
if [ -z "$trial" ] && sanitizer=$(command -v compute-sanitizer || command -v /usr/local/cuda/bin/compute-sanitizer); then
  for tool in memcheck racecheck synccheck initcheck; do
    echo "== compute-sanitizer $tool"
    code=0
    "$sanitizer" --tool "$tool" --error-exitcode 9 --target-processes all "${suite[@]}" --kernels || code=$?
    [ "$code" -eq 0 ] || status=1
    sanitizers+="${sanitizers:+, }\"$tool\": $code"
  done
else
  echo "== no compute-sanitizer here: left out, and the result says so"
fi

if [ ${#models[@]} -eq 0 ]; then
  for quantization in Q4_0 Q4_K_M; do
    file=models/$shape.$quantization.gguf
    mkdir -p models
    [ -f "$file" ] || "${launcher[@]}" synth --shape "$shape" --quant "$quantization" --out "$file"
    models+=("$file")
  done
fi

# Of the first GPU; null where there is no nvidia-smi to ask.
ask() {
  if [ -z "$trial" ] && command -v nvidia-smi >/dev/null; then
    nvidia-smi --query-gpu="$1" --format=csv,noheader,nounits -i "${gpus%%,*}" | sed 's/^ *//; s/ *$//'
  else
    echo null
  fi
}

# The table of goals: what is measured, and how.
goals() {
  if [ -n "$trial" ]; then
    echo "decode, 1 sequence|--prompt-tokens 8 --gen-tokens 4 --batch 1 --repeat 1"
    echo "decode, 2 sequences|--prompt-tokens 16 --gen-tokens 2 --batch 2 --repeat 1 --kv-type F16"
    echo "agreement with the CPU|--prompt-tokens 8 --gen-tokens 1 --repeat 1 --agreement 8"
    return
  fi
  echo "decode, 1 sequence|--prompt-tokens 128 --gen-tokens 256 --batch 1"
  echo "decode, 64 sequences at 1,024 tokens|--prompt-tokens 1024 --gen-tokens 128 --batch 64 --step-tokens 2048 --kv-type F16"
  echo "prompt of 2,048 tokens|--prompt-tokens 2048 --gen-tokens 1 --batch 1 --step-tokens 2048"
  echo "first token after 1,000 tokens|--prompt-tokens 1000 --gen-tokens 1 --batch 1 --step-tokens 1024"
  echo "256 tokens beside the CPU's|--prompt-tokens 128 --gen-tokens 1 --repeat 1 --agreement 256"
}

mkdir -p results
gpu=$(ask name | tr -c 'A-Za-z0-9\n' '-')
[ -z "$stand_in" ] || gpu=stand-in
[ -z "$emulated" ] || gpu=emulated
result=results/$gpu-$(date -u +%F).json
text() { [ "$1" = null ] && echo null || printf '"%s"' "$1"; }
{
  printf '{"trial_without_gpu": %s, "gpu": %s, "gpus": "%s", "driver": %s, "sm_clock_max_mhz": %s, "memory_clock_max_mhz": %s, "commit": "%s", "suite_status": %s, "sanitizer_status": {%s}, "runs": [' \
    "$([ -n "$trial" ] && echo true || echo false)" "$(text "$(ask name)")" "$tested" "$(text "$(ask driver_version)")" "$(ask clocks.max.sm)" "$(ask clocks.max.memory)" "$(<commit)" "$suite_status" "$sanitizers"
  separator=
  for model in "${models[@]}"; do
    while IFS='|' read -r goal options; do
      read -ra options <<<"$options"
      arguments=(bench --model "$model" --device "$device" "${options[@]}" --json)
      [ -n "$separator" ] || [ -n "$trial" ] || arguments+=(--kernels-table)
      echo "== $goal: ${arguments[*]}" >&2
      figures=$("${launcher[@]}" "${arguments[@]}" </dev/null) || fail "this did not end well: ${arguments[*]}"
      case $figures in *'"agrees":false'*) status=1 ;; esac
      printf '%s\n{"goal": "%s", "command": "%s", "sm_clock_mhz": %s, "figures": %s}' "$separator" "$goal" "${arguments[*]}" "$(ask clocks.sm)" "$figures"
      separator=,
    done < <(goals)
  done
  printf ']}\n'
} >"$result.new"
mv -- "$result.new" "$result"
if [ -n "$trial" ]; then
  echo "wrote $result, which shows that this way can be gone and nothing else: no GPU was there"
else
  echo "wrote $result: copy it to bench/results/"
fi
[ "$status" -eq 0 ] || fail "something above failed; $result says what"
