#!/usr/bin/env bash
# Compiles src/main/cuda twice, each where its compiler is there:
#   g++  -> target/emulation/libmillrace-emulated.so, the kernels on fibers, for the tests
#   nvcc -> src/main/resources/org/millrace/gpu/kernels.ptx.gz, committed, when the sources have changed since it was made
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

sources() { find src/main/cuda "$@" -type f | LC_ALL=C sort; }
# Of what nvcc reads: the emulation is no part of it.
kernel_hash() { sources -not -path '*/emulation/*' | xargs cat | { sha256sum 2>/dev/null || shasum -a 256; } | cut -d' ' -f1; }
# The emulation switches its fibers by hand, and converts halves by an instruction.
can_emulate() { [ "$(uname -sm)" = "Linux x86_64" ] && grep -qw avx2 /proc/cpuinfo && grep -qw f16c /proc/cpuinfo && grep -qw fma /proc/cpuinfo; }

ptx=src/main/resources/org/millrace/gpu/kernels.ptx.gz
library=target/emulation/libmillrace-emulated.so
mkdir -p target/emulation "$(dirname -- "$ptx")"

hash=$(kernel_hash)
if [ -f "$ptx" ] && [ "$(gzip -dc "$ptx" | head -n 1 || true)" = "// sources $hash" ]; then
  : # up to date
elif nvcc=$(command -v nvcc || command -v /usr/local/cuda/bin/nvcc); then
  "$nvcc" -ptx -arch=compute_80 -std=c++17 -O3 -fmad=false -o target/kernels.ptx src/main/cuda/kernels.cu
  { echo "// sources $hash"; cat target/kernels.ptx; } | gzip -9n >"$ptx.new"
  mv -- "$ptx.new" "$ptx"
  echo "wrote $ptx"
else
  echo "the kernels have changed since $ptx was made, and there is no nvcc to make it anew" >&2
fi

if ! command -v g++ >/dev/null || ! can_emulate; then
  rm -f "$library"
  echo "no g++, or no Linux on x86-64 with AVX2: the kernels will not be tested" >&2
elif [ ! -f "$library" ] || [ -n "$(find src/main/cuda build-kernels.sh -newer "$library" -print -quit)" ]; then
  # As nvcc with -fmad=false: what is to be fused is written as fmaf.
  g++ -std=c++17 -O2 -march=x86-64-v3 -ffp-contract=off -fPIC -shared -fvisibility=hidden -Wall -Wextra -Wno-unknown-pragmas \
    -x c++ src/main/cuda/kernels.cu src/main/cuda/emulation/emulation.cpp src/main/cuda/emulation/faults.cu -o "$library.new"
  mv -- "$library.new" "$library"
fi
