// Kernels that are wrong, each in one way, to show that the emulation notices. Part of the emulated library only.
#include "../device.cuh"

struct FaultArguments {
  float *x;
  int count;
};

KERNEL(fault_writes_behind, FaultArguments, 64) { args.x[threadIdx.x + 1] = 1; }

KERNEL(fault_writes_before, FaultArguments, 64) { args.x[int(threadIdx.x) - 1] = 1; }

struct FaultShared {
  float values[64];
};

KERNEL(fault_writes_behind_shared, FaultArguments, 64) {
  SHARED(FaultShared, shared);
  shared.values[threadIdx.x] = 1;
  float *behind = shared.values + args.count;
  behind[threadIdx.x] = 1;
}

KERNEL(fault_reads_fresh_shared, FaultArguments, 64) {
  SHARED(FaultShared, shared);
  args.x[threadIdx.x] = shared.values[threadIdx.x];
}

KERNEL(fault_waits_alone, FaultArguments, 64) {
  if (threadIdx.x < 40) {
    __syncthreads();
  }
  args.x[threadIdx.x] = 1;
}

KERNEL(fault_leaves_its_warp, FaultArguments, 64) {
  if (threadIdx.x != 7) {
    args.x[threadIdx.x] = warp_sum(1);
  }
}

KERNEL(fault_mixes_warp_operations, FaultArguments, 64) { args.x[threadIdx.x] = threadIdx.x % 2 == 0 ? warp_sum(1) : warp_maximum(1); }

KERNEL(fault_writes_half, FaultArguments, 64) {
  if (int(threadIdx.x) < args.count / 2) {
    args.x[threadIdx.x] = 1;
  }
}

// Without waiting for whoever writes it.
KERNEL(fault_races, FaultArguments, 64) {
  SHARED(FaultShared, shared);
  shared.values[threadIdx.x] = float(threadIdx.x);
  args.x[threadIdx.x] = shared.values[args.count - 1 - int(threadIdx.x)];
  args.x[threadIdx.x] = args.x[threadIdx.x] == args.x[threadIdx.x] ? 1 : 0;
}
