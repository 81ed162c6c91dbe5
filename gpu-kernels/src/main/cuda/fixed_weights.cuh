// Weights of tokens as whole numbers, operation by operation what the engine's FixedWeights does: their sums have one value in whatever order they are added.
#pragma once

#include "device.cuh"

constexpr uint64_t ONE = 1ull << 42;
// From here down a weight would be rounded to zero.
constexpr double NOTHING = -30;

// Two floats as integers that have their order; minus zero is zero.
INLINE unsigned ordered(float value) {
  unsigned bits = float_to_bits(value + 0.0f);
  return bits >> 31 != 0 ? ~bits : bits | 0x80000000u;
}

INLINE float of_ordered(unsigned bits) { return bits_to_float(bits >> 31 != 0 ? bits & 0x7fffffffu : ~bits); }

// The larger comes first: the larger logit, of equals the lower number.
INLINE uint64_t packed(float logit, int token) { return uint64_t(ordered(logit)) << 32 | (0x7fffffffu - unsigned(token)); }

INLINE int token_of(uint64_t packed) { return int(0x7fffffffu - unsigned(packed)); }

INLINE double two_to(int exponent) {
  uint64_t bits = uint64_t(1023 + exponent) << 52;
#ifdef __CUDACC__
  return __longlong_as_double(int64_t(bits));
#else
  double value;
  memcpy(&value, &bits, 8);
  return value;
#endif
}

// e^scaled in parts of ONE; operation by operation what FixedWeights does.
INLINE uint64_t weight_of(double scaled) {
  if (!(scaled > NOTHING)) {
    return 0;
  }
  int halvings = int(0.5 - scaled * 1.4426950408889634);
  double rest = (scaled + halvings * 0x1.62e42feep-1) + halvings * 0x1.a39ef35793c76p-33;
  double sum = 0x1.ae64567f544e4p-26;
  sum = sum * rest + 0x1.27e4fb7789f5cp-22;
  sum = sum * rest + 0x1.71de3a556c734p-19;
  sum = sum * rest + 0x1.a01a01a01a01ap-16;
  sum = sum * rest + 0x1.a01a01a01a01ap-13;
  sum = sum * rest + 0x1.6c16c16c16c17p-10;
  sum = sum * rest + 0x1.1111111111111p-7;
  sum = sum * rest + 0x1.5555555555555p-5;
  sum = sum * rest + 0x1.5555555555555p-3;
  sum = sum * rest + 0.5;
  sum = sum * rest + 1;
  sum = sum * rest + 1;
  return uint64_t(sum * two_to(42 - halvings) + 0.5);
}

// Which part of so many weights a chance falls on.
INLINE uint64_t target_of(double chance, uint64_t kept) {
  uint64_t target = uint64_t(chance * double(kept));
  return target < kept - 1 ? target : kept - 1;
}
