// Kernels that are wrong, each in one way, to show that the emulation notices. Part of the emulated library only.
#include "../warpgroup.cuh"

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

struct FaultMatrices {
  alignas(128) int8_t matrices[2][64 * 32];
};

// One lane of a warpgroup brings another matrix.
KERNEL(fault_mixes_matrices, FaultArguments, 128) {
  SHARED(FaultMatrices, shared);
  int c[32] = {};
  const unsigned a[4] = {unsigned(args.count)};
  warpgroup_bytes(c, a, matrix_descriptor(shared.matrices[threadIdx.x == 77], 1024, 128));
}

KERNEL(fault_multiplies_behind_shared, FaultArguments, 128) {
  SHARED(FaultMatrices, shared);
  int c[32] = {};
  const unsigned a[4] = {unsigned(args.count)};
  warpgroup_bytes(c, a, matrix_descriptor(shared.matrices[1], 2048, 128));
}

KERNEL(fault_copies_unaligned, FaultArguments, 64) {
  SHARED(FaultShared, shared);
  copy_later<16>(shared.values + 4, args.x + 1);
}

// Three groups of copies, of which the newest is not waited for.
KERNEL(fault_waits_for_too_few_copies, FaultArguments, 64) {
  SHARED(FaultShared, shared);
  args.x[threadIdx.x] = 1;
  __syncthreads();
  for (int i = 0; i < 3; i++) {
    if (threadIdx.x == 0) {
      copy_later<16>(shared.values + 4 * i, args.x + 4 * i);
    }
    copies_end();
  }
  copies_wait<1>();
  __syncthreads();
  args.x[threadIdx.x] = shared.values[threadIdx.x];
}

KERNEL(fault_reads_unaligned, FaultArguments, 64) {
  auto four = reinterpret_cast<const float4 *>(args.x + threadIdx.x % 2);
  args.x[threadIdx.x] = four->w;
}

struct FaultPair {
  float values[64], others[64];
};

// Into what lies behind the array, which is the block's own memory all the same.
KERNEL(fault_indexes_behind_an_array, FaultArguments, 64) {
  SHARED(FaultPair, shared);
  shared.values[int(threadIdx.x) + args.count / 2] = 1;
}

KERNEL(fault_overflows, FaultArguments, 64) { args.x[threadIdx.x] = float(args.count * 0x4000000); }

KERNEL(fault_shifts_too_far, FaultArguments, 64) { args.x[threadIdx.x] = float(1u << args.count); }

KERNEL(fault_asks_ahead_behind, FaultArguments, 64) { fetch_ahead(args.x, 16 * int64_t(args.count)); }
