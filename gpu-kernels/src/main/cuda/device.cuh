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

// Tensor cores. The warp holds the matrices in pieces, as PTX ISA 9.0 has it in section "Matrix Fragments for mma": with g = lane / 4 and j = lane % 4,
// c[0], c[1] are row g, columns 2j and 2j + 1; c[2], c[3] the same of row g + 8.
#ifndef __CUDACC__
namespace twin {
template <int K>
struct BytesOperands {
  int *c;
  const unsigned *a, *b;
};

// a: K / 16 pairs of words, rows g and g + 8, elements 4j.. of each 16 columns; b: a word for each 16 rows, column g.
template <int K>
void mma_bytes(void *const *lanes) {
  alignas(32) static int8_t a[16][K];
  alignas(32) static int b[K][8], c[16][8];
  for (int l = 0; l < WARP; l++) {
    auto &o = *static_cast<BytesOperands<K> *>(lanes[l]);
    int g = l / 4, j = l % 4;
    for (int part = 0; part < K / 16; part++) {
      memcpy(&a[g][part * 16 + 4 * j], &o.a[2 * part], 4);
      memcpy(&a[g + 8][part * 16 + 4 * j], &o.a[2 * part + 1], 4);
      for (int i = 0; i < 4; i++) {
        b[part * 16 + 4 * j + i][g] = int8_t(o.b[part] >> (8 * i));
      }
    }
    for (int i = 0; i < 4; i++) {
      c[g + i / 2 * 8][2 * j + i % 2] = o.c[i];
    }
  }
  for (int m = 0; m < 16; m++) {
    for (int k = 0; k < K; k++) {
      for (int n = 0; n < 8; n++) {
        c[m][n] += a[m][k] * b[k][n];
      }
    }
  }
  for (int l = 0; l < WARP; l++) {
    auto &o = *static_cast<BytesOperands<K> *>(lanes[l]);
    for (int i = 0; i < 4; i++) {
      o.c[i] = c[l / 4 + i / 2 * 8][l % 4 * 2 + i % 2];
    }
  }
}

struct FloatOperands {
  float *c;
  const unsigned *a, *b;
};

inline void mma_floats(void *const *lanes) {
  alignas(32) static float a[16][8], b[8][8], c[16][8];
  for (int l = 0; l < WARP; l++) {
    auto &o = *static_cast<FloatOperands *>(lanes[l]);
    int g = l / 4, j = l % 4;
    for (int i = 0; i < 4; i++) {
      memcpy(&a[g + i % 2 * 8][j + i / 2 * 4], &o.a[i], 4);
      c[g + i / 2 * 8][2 * j + i % 2] = o.c[i];
    }
    memcpy(&b[j][g], &o.b[0], 4);
    memcpy(&b[j + 4][g], &o.b[1], 4);
  }
  for (int m = 0; m < 16; m++) {
    for (int k = 0; k < 8; k++) {
      for (int n = 0; n < 8; n++) {
        c[m][n] = __builtin_fmaf(a[m][k], b[k][n], c[m][n]);
      }
    }
  }
  for (int l = 0; l < WARP; l++) {
    auto &o = *static_cast<FloatOperands *>(lanes[l]);
    for (int i = 0; i < 4; i++) {
      o.c[i] = c[l / 4 + i / 2 * 8][l % 4 * 2 + i % 2];
    }
  }
}
}  // namespace twin
#endif

// c[16, 8] += a[16, 32] * b[32, 8] in signed bytes, exactly.
INLINE void mma_bytes32(int (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
#ifdef __CUDACC__
  asm("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  twin::BytesOperands<32> operands{c, a, b};
  emulation::warp_together(twin::mma_bytes<32>, &operands);
#endif
}

// c[16, 8] += a[16, 16] * b[16, 8] in signed bytes, exactly.
INLINE void mma_bytes16(int (&c)[4], const unsigned (&a)[2], const unsigned &b) {
#ifdef __CUDACC__
  asm("mma.sync.aligned.m16n8k16.row.col.s32.s8.s8.s32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
      : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(b));
#else
  twin::BytesOperands<16> operands{c, a, &b};
  emulation::warp_together(twin::mma_bytes<16>, &operands);
#endif
}

// c[16, 8] += a[16, 8] * b[8, 8] in tf32: a[0] is row g, column j; a[1] row g + 8; a[2], a[3] the same of column j + 4; b[0] is row j, column g; b[1] row
// j + 4.
INLINE void mma_floats(float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
#ifdef __CUDACC__
  asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  twin::FloatOperands operands{c, a, b};
  emulation::warp_together(twin::mma_floats, &operands);
#endif
}

// A float32 as a sum of two tf32, which keeps 21 of its 24 bits: a tensor core that takes both computes as good as in float32 (Ootomo and Yokota 2022,
// section 3).
struct Split {
  unsigned high, low;
};

INLINE unsigned to_tf32(float value) {
#ifdef __CUDACC__
  unsigned bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
  return bits;
#else
  unsigned bits = float_to_bits(value);
  bool finite = (bits & 0x7f800000u) != 0x7f800000u;
  return finite ? (bits + 0x1000u) & 0xffffe000u : bits;
#endif
}

INLINE Split split(float value) {
  unsigned high = to_tf32(value);
  return {high, to_tf32(value - bits_to_float(high))};
}
