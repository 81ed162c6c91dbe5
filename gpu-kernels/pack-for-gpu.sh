#!/usr/bin/env bash
# Packs what a bare GPU machine needs into target/millrace-gpu.tar.gz: a Java runtime (jlink), the jars, the suite, the conformance data where they are, and
# gpu-verify.sh. Needs a build: ./millrace build, and mvn -pl gpu-kernels package -DskipTests.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

jdk=${JAVA_HOME:?set JAVA_HOME to a JDK 25}
out=target/millrace-gpu
for needed in target/classes target/test-classes target/test-classpath.txt ../launcher/target/classpath.txt; do
  [ -e "$needed" ] || { echo "$needed is missing: build gpu-kernels and launcher first" >&2; exit 1; }
done
rm -rf "$out"
mkdir -p "$out/lib"

"$jdk/bin/jlink" --output "$out/java" --strip-debug --no-header-files --no-man-pages \
  --add-modules java.base,java.logging,java.management,jdk.management,java.sql,java.naming,java.xml,java.net.http,jdk.unsupported,jdk.incubator.vector
# The lists end without a line's end.
{ cat target/test-classpath.txt; echo; cat ../launcher/target/classpath.txt; echo; } | tr ':' '\n' | grep . | sort -u | while read -r jar; do
  case $jar in
    */gpu-kernels/target/* | */gpu-kernels-*.jar) ;; # its classes come below
    *.jar) cp -n -- "$jar" "$out/lib/" ;;
    *) if [ -d "$jar" ]; then "$jdk/bin/jar" --create --file "$out/lib/$(basename "$(dirname "$(dirname "$jar")")").jar" -C "$jar" .; fi ;;
  esac
done
cp -- ../launcher/target/launcher-*.jar "$out/lib/"
cp -r -- target/classes target/test-classes "$out/"
# For gpu-verify.sh --stand-in and --emulated.
if [ -f target/emulation/driver/libcuda.so.1 ]; then
  mkdir -p "$out/target"
  cp -r -- target/emulation "$out/target/"
fi
conformance=${MILLRACE_CONFORMANCE:-../../shared/conformance}
if [ -d "$conformance/models" ]; then
  mkdir -p "$out/conformance"
  cp -r -- "$conformance/models" "$conformance/expected" "$out/conformance/"
fi
cp -- gpu-verify.sh "$out/"
git rev-parse HEAD >"$out/commit" 2>/dev/null || echo unknown >"$out/commit"
tar -C target -czf target/millrace-gpu.tar.gz millrace-gpu
echo "wrote gpu-kernels/target/millrace-gpu.tar.gz"
