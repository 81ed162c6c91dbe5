#!/usr/bin/env bash
# Compares all kinds of native kernels bit by bit: this machine's, and where an ARM compiler and QEMU are installed (Debian: gcc-aarch64-linux-gnu and
# qemu-user) those of ARM. Prints the names of the kinds that agree; fails at the first that does not.
set -eu -o pipefail
here=$(cd -- "$(dirname -- "$0")" && pwd)
kernels=$here/../../main/native
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

# The same options as build.xml has.
compile() {
  "$1" -O2 -std=gnu11 -fvisibility=hidden -ffp-contract=off -fno-math-errno -static -I"$kernels" -o "$2" "$here/twin.c" "$kernels"/*.c
}

# compare NAME COMMAND...: its lines beside those of the first.
compare() {
  local name=$1
  shift
  "$@" >"$work/$name.out" 2>"$work/$name.kind" || { cat "$work/$name.kind" >&2; exit 1; }
  [ -e "$work/first" ] || cp "$work/$name.out" "$work/first"
  diff "$work/first" "$work/$name.out" >"$work/diff" || { echo "$(cat "$work/$name.kind") differs:" >&2; head -n 20 "$work/diff" >&2; exit 1; }
  echo "$(cat "$work/$name.kind"): $(wc -l <"$work/$name.out") results agree"
}

compile cc "$work/own"
compare own "$work/own"
compare own-modest "$work/own" modest
if command -v aarch64-linux-gnu-gcc >/dev/null && command -v qemu-aarch64 >/dev/null; then
  compile aarch64-linux-gnu-gcc "$work/arm"
  compare arm qemu-aarch64 "$work/arm"
  compare arm-modest qemu-aarch64 "$work/arm" modest
else
  echo "the kernels of ARM: not compared, aarch64-linux-gnu-gcc or qemu-aarch64 is missing"
fi
