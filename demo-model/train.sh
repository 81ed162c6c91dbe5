#!/bin/sh
# Trains the demo model from nothing and writes model/millrace-demo.Q8_0.gguf: corpus, vocabulary,
# training, export, evaluation through Millrace's own engine.
#
#   demo-model/train.sh [--steps 4500] [--minutes 120]
#
# Ends after the steps given, or after the minutes with fewer steps on a slow or busy machine.
# Needs JDK 25 and Maven, no GPU.
set -eu

usage() {
  echo "usage: $0 [--steps N] [--minutes N]" >&2
  echo "  steps from 1 to 99999 (4500 if not given), minutes at most from 1 to 999 (120)" >&2
  exit 2
}

# A positive number of at most the given count of digits.
number() {
  case $1 in '' | 0* | *[!0-9]*) usage ;; esac
  [ ${#1} -le "$2" ] || usage
  echo "$1"
}

steps=4500
minutes=120
while [ $# -gt 0 ]; do
  case $1 in
    --steps) [ $# -ge 2 ] || usage; steps=$(number "$2" 5); shift 2 ;;
    --minutes) [ $# -ge 2 ] || usage; minutes=$(number "$2" 3); shift 2 ;;
    *) usage ;;
  esac
done

module=$(cd "$(dirname "$0")" && pwd)
work=$module/target/training
model=$module/model/millrace-demo.Q8_0.gguf
# As the command finds it, whatever `java` is on the path; it says so itself where there is none.
JAVA_HOME=$("$module/../millrace" java-home) || exit 1
export JAVA_HOME
java=$JAVA_HOME/bin/java

echo "Building"
if [ -x "$module/../mvnw" ]; then maven=$module/../mvnw; else maven=mvn; fi
(cd "$module/.." &&
  "$maven" -q -Pdemo-model -pl inference,demo-model -DskipTests -Dchecks.skip install &&
  "$maven" -q -Pdemo-model -pl demo-model dependency:build-classpath \
    -Dmdep.outputFile="$module/target/classpath.txt")
mkdir -p "$work"

# PyTorch allocates and frees the same large arrays in each step. Kept in the heap instead of being
# mapped anew each time, they cost a third less time.
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=17179869184 MALLOC_ARENA_MAX=1
export MALLOC_TOP_PAD_=268435456

run() {
  main=$1
  shift
  "$java" -Xmx1500m -XX:+UseSerialGC --add-modules=jdk.incubator.vector \
    --enable-native-access=ALL-UNNAMED -Dai.djl.offline=true \
    -Dai.djl.pytorch.num_threads=2 -Dai.djl.pytorch.num_interop_threads=1 \
    -cp "$module/target/classes:$(cat "$module/target/classpath.txt")" \
    "org.millrace.demomodel.$main" "$@"
}

run TrainDemoModel "$steps" "$minutes" "$work"
run ExportDemoModel "$work/weights.checkpoint" "$work/model.gguf"
run EvaluateDemoModel "$work/model.gguf"
mkdir -p "$(dirname "$model")"
mv "$work/model.gguf" "$model"
echo "Wrote $model"
