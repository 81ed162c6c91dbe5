// How fast the chip computes when nothing has to be read: what a kernel's operations are held against. The results are of no use, but written, so that the
// compiler computes them.
#pragma once

#include "tensor_cores.cuh"
#include "warpgroup.cuh"

constexpr int RATE_THREADS = 256;
// Sums that do not wait for each other.
constexpr int RATE_SUMS = 8;

struct RateArguments {
  float *out;
  int rounds, one;  // what the compiler must not know
};

INLINE float *rate_result(const RateArguments &args) { return args.out + int64_t(blockIdx.x) * RATE_THREADS + threadIdx.x; }

// Fused multiply-adds in float32: RATE_SUMS a thread and round.
KERNEL(rate_fused, RateArguments, 256) {
  float sums[RATE_SUMS], factor = float(args.one), result = 0;
  for (int i = 0; i < RATE_SUMS; i++) {
    sums[i] = float(i);
  }
  for (int round = 0; round < args.rounds; round++) {
#pragma unroll
    for (int i = 0; i < RATE_SUMS; i++) {
      sums[i] = fmaf(sums[i], factor, factor);
    }
  }
  for (int i = 0; i < RATE_SUMS; i++) {
    result += sums[i];
  }
  *rate_result(args) = result;
}

// Dot products of four bytes: RATE_SUMS a thread and round.
KERNEL(rate_dots, RateArguments, 256) {
  int sums[RATE_SUMS] = {}, result = 0;
  for (int round = 0; round < args.rounds; round++) {
#pragma unroll
    for (int i = 0; i < RATE_SUMS; i++) {
      sums[i] = dot4(unsigned(args.one), unsigned(sums[i]), sums[i]);
    }
  }
  for (int i = 0; i < RATE_SUMS; i++) {
    result ^= sums[i];
  }
  *rate_result(args) = float(result);
}

// Tensor cores in signed bytes: RATE_SUMS products of 16 x 8 x 32 a warp and round.
KERNEL(rate_bytes, RateArguments, 256) {
  int sums[RATE_SUMS][4] = {}, result = 0;
  auto one = unsigned(args.one);
  const unsigned a[4] = {one, one, one, one}, b[2] = {one, one};
  for (int round = 0; round < args.rounds; round++) {
#pragma unroll
    for (int i = 0; i < RATE_SUMS; i++) {
      mma_bytes32(sums[i], a, b, sums[i]);
    }
  }
  for (int i = 0; i < RATE_SUMS; i++) {
    result ^= sums[i][0] ^ sums[i][1] ^ sums[i][2] ^ sums[i][3];
  }
  *rate_result(args) = float(result);
}

// Tensor cores in tf32: RATE_SUMS products of 16 x 8 x 8 a warp and round.
KERNEL(rate_floats, RateArguments, 256) {
  float sums[RATE_SUMS][4] = {}, result = 0;
  unsigned one = float_to_bits(float(args.one));
  const unsigned a[4] = {one, one, one, one}, b[2] = {one, one};
  for (int round = 0; round < args.rounds; round++) {
#pragma unroll
    for (int i = 0; i < RATE_SUMS; i++) {
      mma_floats(sums[i], a, b);
    }
  }
  for (int i = 0; i < RATE_SUMS; i++) {
    result += sums[i][0] + sums[i][1] + sums[i][2] + sums[i][3];
  }
  *rate_result(args) = result;
}

#ifdef HAS_WARPGROUPS

struct RateShared {
  alignas(128) int8_t matrix[64 * 32];
};

// Warpgroups in signed bytes: RATE_SUMS products of 64 x 64 x 32 a warpgroup and round.
KERNEL(rate_warpgroups, RateArguments, 256) {
  SHARED(RateShared, shared);
  for (int i = threadIdx.x; i < 64 * 32; i += RATE_THREADS) {
    shared.matrix[i] = int8_t(args.one);
  }
  shared_to_products();
  __syncthreads();
  int sums[32] = {}, result = 0;
  auto one = unsigned(args.one);
  const unsigned a[4] = {one, one, one, one};
  uint64_t b = matrix_descriptor(shared.matrix, 1024, 128);
  for (int round = 0; round < args.rounds; round++) {
#pragma unroll
    for (int i = 0; i < RATE_SUMS; i++) {
      warpgroup_bytes(sums, a, b);
    }
  }
#pragma unroll
  for (int i = 0; i < 32; i++) {
    result ^= sums[i];
  }
  *rate_result(args) = float(result);
}

#endif
