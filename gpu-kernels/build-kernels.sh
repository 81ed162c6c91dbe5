#!/usr/bin/env bash
# Compiles src/main/cuda, each where its compiler is there:
#   g++  -> target/emulation/libmillrace-emulated.so, the kernels on fibers, for the tests
#   nvcc -> src/main/resources/org/millrace/gpu/kernels.*.gz, committed, when the sources have changed since they were made: PTX for all chips, and machine code
#           for some, of which that for Hopper has kernels of its own
# MILLRACE_NVCC names an nvcc; "none" leaves what it makes as it is.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

sources() { find src/main/cuda "$@" -type f | LC_ALL=C sort; }
# Of what nvcc reads: the emulation is no part of it.
kernel_hash() { sources -not -path '*/emulation/*' | xargs cat | { sha256sum 2>/dev/null || shasum -a 256; } | cut -d' ' -f1; }
# The emulation switches its fibers by hand, and converts halves by an instruction.
can_emulate() { [ "$(uname -sm)" = "Linux x86_64" ] && grep -qw avx2 /proc/cpuinfo && grep -qw f16c /proc/cpuinfo && grep -qw fma /proc/cpuinfo; }

images=src/main/resources/org/millrace/gpu
library=target/emulation/libmillrace-emulated.so
mkdir -p target/emulation "$images"

hash=$(kernel_hash)
nvcc=${MILLRACE_NVCC:-$(command -v nvcc || command -v /usr/local/cuda/bin/nvcc || echo none)}
# image NAME FLAGS...: one file, headed by a line that names its sources.
image() {
  local file=$images/kernels.$1.gz
  if [ -f "$file" ] && [ "$({ gzip -dc "$file" || true; } 2>/dev/null | head -n 1 | tr -d '\0' || true)" = "// sources $hash" ]; then
    return # up to date
  elif [ "$nvcc" = none ]; then
    echo "the kernels have changed since $file was made, and there is no nvcc to make it anew" >&2
  else
    "$nvcc" "${@:2}" -std=c++17 -O3 -fmad=false -o "target/kernels.$1" src/main/cuda/kernels.cu
    { echo "// sources $hash"; cat "target/kernels.$1"; } | gzip -9n >"$file.new"
    mv -- "$file.new" "$file"
    echo "wrote $file"
  fi
}
image ptx -ptx -arch=compute_80
image sm_90a -cubin -gencode=arch=compute_90a,code=sm_90a

if ! command -v g++ >/dev/null || ! can_emulate; then
  rm -f "$library"
  echo "no g++, or no Linux on x86-64 with AVX2: the kernels will not be tested" >&2
elif [ ! -f "$library" ] || [ -n "$(find src/main/cuda build-kernels.sh -newer "$library" -print -quit)" ]; then
  # As nvcc with -fmad=false: what is to be fused is written as fmaf.
  g++ -std=c++17 -O2 -march=x86-64-v3 -ffp-contract=off -fPIC -shared -fvisibility=hidden -Wall -Wextra -Wno-unknown-pragmas \
    -x c++ src/main/cuda/kernels.cu src/main/cuda/emulation/emulation.cpp src/main/cuda/emulation/faults.cu -o "$library.new"
  mv -- "$library.new" "$library"
fi
