// What every kernel is written against: CUDA where nvcc compiles, fibers on the host where a C++ compiler does.
//
// Each operation of a warp or of a tensor core is a function with two bodies: the instruction, and its twin. Kernels contract nothing by themselves
// (-fmad=false, -ffp-contract=off): a fused multiply-add is written as one, so both compilers mean the same arithmetic, and two kernels that write the
// same expression compute the same bits.
#pragma once

#ifdef __CUDACC__
#include <cstdint>

// A kernel takes one struct, which Java fills field by field.
#define KERNEL(name, Arguments, threads) extern "C" __global__ void __launch_bounds__(threads) name(const __grid_constant__ Arguments args)
// One that takes no more registers than let so many blocks of threads run on a multiprocessor.
#define RESIDENT_KERNEL(name, Arguments, threads, blocks) \
  extern "C" __global__ void __launch_bounds__(threads, blocks) name(const __grid_constant__ Arguments args)
#define SHARED(Type, name) __shared__ Type name
#else
#include <immintrin.h>
#include <initializer_list>

#include "emulation/emulation.h"
#endif

#define INLINE static __device__ __forceinline__

constexpr int WARP = 32;
constexpr unsigned ALL_LANES = 0xffffffffu;

INLINE int lane() { return threadIdx.x % WARP; }
INLINE int warp() { return threadIdx.x / WARP; }

INLINE int ceil_div(int a, int b) { return (a + b - 1) / b; }
INLINE float bits_to_float(unsigned bits) {
#ifdef __CUDACC__
  return __uint_as_float(bits);
#else
  float value;
  memcpy(&value, &bits, 4);
  return value;
#endif
}

INLINE unsigned float_to_bits(float value) {
#ifdef __CUDACC__
  return __float_as_uint(value);
#else
  unsigned bits;
  memcpy(&bits, &value, 4);
  return bits;
#endif
}

// IEEE half precision, held as its bits.
INLINE float half_to_float(uint16_t half) {
#ifdef __CUDACC__
  float value;
  asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(half));
  return value;
#else
  return _cvtsh_ss(half);
#endif
}

INLINE uint16_t float_to_half(float value) {
#ifdef __CUDACC__
  uint16_t half;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half) : "f"(value));
  return half;
#else
  return _cvtss_sh(value, 0);
#endif
}

INLINE float bfloat_to_float(uint16_t bits) { return bits_to_float(unsigned(bits) << 16); }

// To the nearest integer, halves to the even one.
INLINE int round_to_int(float value) {
#ifdef __CUDACC__
  return __float2int_rn(value);
#else
  return int(nearbyintf(value));
#endif
}

INLINE float sum_of(float a, float b) { return a + b; }

// A value that is no number is greater than all: it must not get lost.
INLINE float greater_of(float a, float b) { return a > b || a != a ? a : b; }

#ifndef __CUDACC__
namespace twin {
// Lane i of the result is f(lane i, lane i ^ mask), mask after mask: the butterfly that shuffles make, in the same order.
template <int... MASKS, class F>
void butterfly(void *const *lanes, F f) {
  float values[WARP], next[WARP];
  for (int i = 0; i < WARP; i++) {
    values[i] = *static_cast<float *>(lanes[i]);
  }
  for (int mask : {MASKS...}) {
    for (int i = 0; i < WARP; i++) {
      next[i] = f(values[i], values[i ^ mask]);
    }
    memcpy(values, next, sizeof values);
  }
  for (int i = 0; i < WARP; i++) {
    *static_cast<float *>(lanes[i]) = values[i];
  }
}
inline void sum(void *const *lanes) { butterfly<16, 8, 4, 2, 1>(lanes, sum_of); }
inline void maximum(void *const *lanes) { butterfly<16, 8, 4, 2, 1>(lanes, greater_of); }
inline void quad_sum(void *const *lanes) { butterfly<1, 2>(lanes, sum_of); }
inline void quad_maximum(void *const *lanes) { butterfly<1, 2>(lanes, greater_of); }
}  // namespace twin
#define BUTTERFLY(name, combine, ...)                \
  INLINE float warp_##name(float value) {            \
    emulation::warp_together(twin::name, &value);    \
    return value;                                    \
  }
#else
#define BUTTERFLY(name, combine, ...)                                \
  INLINE float warp_##name(float value) {                            \
    constexpr int masks[] = {__VA_ARGS__};                           \
    _Pragma("unroll") for (int mask : masks) {                       \
      value = combine(value, __shfl_xor_sync(ALL_LANES, value, mask)); \
    }                                                                \
    return value;                                                    \
  }
#endif

BUTTERFLY(sum, sum_of, 16, 8, 4, 2, 1)
BUTTERFLY(maximum, greater_of, 16, 8, 4, 2, 1)
// Over the four lanes that hold one row of a tensor core's result.
BUTTERFLY(quad_sum, sum_of, 1, 2)
BUTTERFLY(quad_maximum, greater_of, 1, 2)

#ifndef __CUDACC__
namespace twin {
inline void phase_sum(void *const *lanes) {
  for (int row = 0; row < 4; row++) {
    float sum = *static_cast<float *>(lanes[row]);
    for (int i = row + 4; i < WARP; i += 4) {
      sum += *static_cast<float *>(lanes[i]);
    }
    for (int i = row; i < WARP; i += 4) {
      *static_cast<float *>(lanes[i]) = sum;
    }
  }
}
}  // namespace twin
#endif

// Over the eight lanes that are the phases of one output, in their order; see quantized.cuh.
INLINE float warp_phase_sum(float value) {
#ifdef __CUDACC__
  float sum = __shfl_sync(ALL_LANES, value, lane() % 4);
#pragma unroll
  for (int i = 4; i < WARP; i += 4) {
    sum += __shfl_sync(ALL_LANES, value, i + lane() % 4);
  }
  return sum;
#else
  emulation::warp_together(twin::phase_sum, &value);
  return value;
#endif
}

// sum + the dot product of four signed bytes.
INLINE int dot4(unsigned a, unsigned b, int sum) {
#ifdef __CUDACC__
  return __dp4a(int(a), int(b), sum);
#else
  for (int i = 0; i < 32; i += 8) {
    sum += int(int8_t(a >> i)) * int(int8_t(b >> i));
  }
  return sum;
#endif
}

constexpr int LINE = 128;

// Asks for the line that an address lies in, ahead of those who will read it, into the second-level cache; nobody waits, and nothing is read.
INLINE void fetch_line(const void *at) {
#ifdef __CUDACC__
  asm volatile("prefetch.global.L2 [%0];" ::"l"(__cvta_generic_to_global(at)));
#else
  emulation::fetch_ahead(at, 0);
#endif
}

// The same for many bytes, whole multiples of 16 at an address that is one, by all threads of a block together.
INLINE void fetch_ahead(const void *from, int64_t bytes) {
#ifndef __CUDACC__
  emulation::fetch_ahead(from, bytes);
#elif __CUDA_ARCH__ >= 900
  if (threadIdx.x == 0 && bytes > 0) {
    asm volatile("cp.async.bulk.prefetch.L2.global [%0], %1;" ::"l"(__cvta_generic_to_global(from)), "r"(unsigned(bytes)) : "memory");
  }
#else
  for (int64_t at = int64_t(threadIdx.x) * LINE; at < bytes; at += int64_t(blockDim.x) * LINE) {
    fetch_line(static_cast<const uint8_t *>(from) + at);
  }
#endif
}

// What a kernel that reads little asks for meanwhile: the weights that will be read next, in pieces, each by a block of threads that does nothing else.
struct Ahead {
  const uint8_t *from;
  int64_t bytes;
};

constexpr int AHEAD_PIECE = 64 << 10;

INLINE void fetch_piece(const Ahead &ahead, int piece) {
  int64_t begin = int64_t(piece) * AHEAD_PIECE, left = ahead.bytes - begin;
  if (left > 0) {
    fetch_ahead(ahead.from + begin, left < AHEAD_PIECE ? left : AHEAD_PIECE);
  }
}

// Adds to what threads of a block share; what was there before.
INLINE int add_shared(int *to, int value) {
#ifdef __CUDACC__
  return atomicAdd(to, value);
#else
  int before = *to;
  *to += value;
  return before;
#endif
}

// Keeps the least of what threads of a block bring.
INLINE void least_shared(int *to, int value) {
#ifdef __CUDACC__
  atomicMin(to, value);
#else
  *to = value < *to ? value : *to;
#endif
}
