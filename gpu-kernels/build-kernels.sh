#!/usr/bin/env bash
# Compiles src/main/cuda, each where its compiler is there:
#   g++  -> target/emulation/libmillrace-emulated.so, the kernels on fibers, for the tests; and target/emulation/driver/libcuda.so.1, which lets the driver's
#           binding run them
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
driver=target/emulation/driver/libcuda.so.1
mkdir -p target/emulation/driver "$images"

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
  rm -f "$library" "$driver"
  echo "no g++, or no Linux on x86-64 with AVX2: the kernels will not be tested" >&2
  exit
fi
# older FILE FOUND...: whether a file is missing, or older than one of what find finds.
older() { [ ! -f "$1" ] || [ -n "$(find "${@:2}" -newer "$1" -print -quit)" ]; }
if older "$library" src/main/cuda build-kernels.sh -not -path '*/emulation/driver*' -type f; then
  # As nvcc with -fmad=false: what is to be fused is written as fmaf.
  flags=(-std=c++17 -O2 -march=x86-64-v3 -ffp-contract=off -fPIC -fvisibility=hidden -Wall -Wextra -Wno-unknown-pragmas)
  # What a device would stop at, or compute nonsense with, is an error that emulation.cpp reports.
  checks=(-fsanitize=alignment,bounds,shift,signed-integer-overflow,integer-divide-by-zero)
  for source in kernels emulation/faults; do
    g++ "${flags[@]}" "${checks[@]}" -c -x c++ "src/main/cuda/$source.cu" -o "target/emulation/${source##*/}.o"
  done
  g++ "${flags[@]}" -shared target/emulation/kernels.o target/emulation/faults.o src/main/cuda/emulation/emulation.cpp -o "$library.new"
  mv -- "$library.new" "$library"
fi
if older "$driver" src/main/cuda/emulation/driver "$library" build-kernels.sh -type f; then
  g++ -std=c++17 -O2 -fPIC -shared -fvisibility=hidden -Wall -Wextra src/main/cuda/emulation/driver/*.cpp -o "$driver.new" \
    -Wl,-soname,libcuda.so.1 -Ltarget/emulation -lmillrace-emulated -Wl,-rpath,'$ORIGIN/..'
  mv -- "$driver.new" "$driver"
fi
