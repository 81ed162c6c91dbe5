// How quantized weights lie on the device, and the arithmetic that every product with them shares.
//
// A matrix is cut into groups of 16 rows, and each row into blocks of 32 elements. What a block is made of lies in planes, each ordered
// [group][block][row of 16], so that both a warp that multiplies vectors and one that feeds a tensor core read whole lines:
//   low    16 bytes: byte i holds element i in its low half and element i + 16 in its high half (Q8_0: elements 0 to 15)
//   high   0, 4, 8 or 16 bytes: the bits above those, of four elements and their partners 16 further on in each quarter
//   super  4 bytes for 8 blocks: the scale, and the scale of minimums, of 256 elements as halves (formats that have them)
//   scale  2 bytes: a half, or two six-bit numbers, or two signed bytes
// Rows beyond the last are zeros.
//
// Activations are signed bytes in blocks of 32 with a float scale and their sum. A block's integer product is exact, whoever computes it. The floats are
// added in one fixed order: block b belongs to phase b % 8, a phase adds its blocks in order, and the phases are added in order. So a row's result has the
// same bits in matvec.cuh, matmul.cuh and wide_matmul.cuh, alone or among many.
//
// An integer product becomes a float by the bits of a number (ZERO_BITS) to which it was added: one fused multiply-add then takes that number off and scales,
// and rounds once, because the number times a scale is exact. Beside a conversion that is an operation less for each output and block, of three.
#pragma once

#include "device.cuh"

constexpr int GROUP_ROWS = 16;
constexpr int BLOCK = 32;
constexpr int PHASES = 8;
constexpr int SUPER_BLOCKS = 8;

// As ggml numbers them.
enum Type { F32 = 0, F16 = 1, Q4_0 = 2, Q4_1 = 3, Q5_0 = 6, Q5_1 = 7, Q8_0 = 8, Q2_K = 10, Q3_K = 11, Q4_K = 12, Q5_K = 13, Q6_K = 14, IQ4_NL = 20, IQ4_XS = 23, BF16 = 30 };

INLINE constexpr int high_bytes(int type) { return type == Q5_K ? 4 : type == Q6_K ? 8 : type == Q8_0 ? 16 : 0; }
INLINE constexpr bool has_super(int type) { return type == Q4_K || type == Q5_K || type == Q6_K; }
INLINE constexpr bool has_minimum(int type) { return type == Q4_K || type == Q5_K; }

struct Planes {
  const uint8_t *low, *high, *super, *scale;
  int blocks;
};

INLINE Planes planes_of(int type, const uint8_t *base, int rows, int blocks) {
  long cells = long(ceil_div(rows, GROUP_ROWS)) * GROUP_ROWS * blocks;
  const uint8_t *high = base + cells * 16;
  const uint8_t *super = high + cells * high_bytes(type);
  const uint8_t *scale = super + (has_super(type) ? cells / SUPER_BLOCKS * 4 : 0);
  return {base, high, super, scale, blocks};
}

// Which cell of a plane belongs to a row's block.
INLINE long cell(const Planes &planes, int row, int block) {
  return (long(row / GROUP_ROWS) * planes.blocks + block) * GROUP_ROWS + row % GROUP_ROWS;
}

INLINE long super_cell(const Planes &planes, int row, int block) {
  return (long(row / GROUP_ROWS) * (planes.blocks / SUPER_BLOCKS) + block / SUPER_BLOCKS) * GROUP_ROWS + row % GROUP_ROWS;
}

// The bits of 1.5 * 2^23: a whole number below 2^22 that is added to them is added to the float. A scale has at most 17 bits, so it times this is exact.
constexpr int ZERO_BITS = 0x4b400000;
constexpr float ZERO = 12582912;

// One of the products of a launch: those that read the same activations run together, each on blocks of threads of its own.
struct Product {
  const uint8_t *weights;
  const uint64_t *experts;  // where each expert's weights are; null for a plain product
  const float *bias;        // may be null
  float *out;
  int rows;
  int first;  // of the launch's blocks of threads
};

constexpr int PRODUCTS_MAX = 3;

struct Products {
  Product all[PRODUCTS_MAX];  // what is not there begins behind the last block of threads
};

INLINE const Product &own_product(const Products &products) {
  int x = int(blockIdx.x);
  return products.all[x < products.all[1].first ? 0 : x < products.all[2].first ? 1 : 2];
}

// Its weights: of a plain product its own, else those of an expert.
INLINE const uint8_t *weights_of(const Product &product, int expert) {
  return product.experts == nullptr ? product.weights : reinterpret_cast<const uint8_t *>(product.experts[expert]);
}

// Asks for what lies of some groups of 16 rows in the planes, by all threads of a block together.
template <int TYPE>
INLINE void fetch_groups(const Planes &planes, int rows, int group, int groups) {
  int last = ceil_div(rows, GROUP_ROWS);
  int count = group + groups < last ? groups : last - group;
  int64_t first = int64_t(group) * planes.blocks * GROUP_ROWS, cells = int64_t(count) * planes.blocks * GROUP_ROWS;
  fetch_ahead(planes.low + first * 16, cells * 16);
  fetch_ahead(planes.scale + first * 2, cells * 2);
  if (high_bytes(TYPE) > 0) {
    fetch_ahead(planes.high + first * high_bytes(TYPE), cells * high_bytes(TYPE));
  }
  if (has_super(TYPE)) {
    fetch_ahead(planes.super + first / SUPER_BLOCKS * 4, cells / SUPER_BLOCKS * 4);
  }
}

// What scales a block: weight = scale * quantum - minimum, with first and second for the halves of Q6_K. `offset` takes ZERO off again.
struct Scale {
  float scale, minimum, offset;
  int first, second;
};

// As it lies there: what is loaded ahead takes two registers like this.
struct PackedScale {
  unsigned bits, super;
};

template <int TYPE>
INLINE PackedScale load_scale(const Planes &planes, int row, int block) {
  unsigned bits = *reinterpret_cast<const uint16_t *>(planes.scale + cell(planes, row, block) * 2);
  return {bits, has_super(TYPE) ? *reinterpret_cast<const unsigned *>(planes.super + super_cell(planes, row, block) * 4) : 0};
}

template <int TYPE>
INLINE Scale unpack_scale(PackedScale packed) {
  if (!has_super(TYPE)) {
    float scale = half_to_float(uint16_t(packed.bits));
    return {scale, 0, -(scale * ZERO), 1, 1};
  }
  float scale = half_to_float(uint16_t(packed.super));
  if (has_minimum(TYPE)) {
    scale *= float(packed.bits & 0xff);
    return {scale, half_to_float(uint16_t(packed.super >> 16)) * float(packed.bits >> 8), -(scale * ZERO), 1, 1};
  }
  return {scale, 0, 0, int8_t(packed.bits), int8_t(packed.bits >> 8)};
}

template <int TYPE>
INLINE Scale scale_of(const Planes &planes, int row, int block) {
  return unpack_scale<TYPE>(load_scale<TYPE>(planes, row, block));
}

// The bits above the low ones, of quarter j: four elements, and their partners 16 further on.
template <int TYPE>
INLINE unsigned high_of(const uint8_t *high, int j) {
  switch (TYPE) {
    case Q5_K:
      return high[j];
    case Q6_K:
      return reinterpret_cast<const uint16_t *>(high)[j];
    case Q8_0:
      return reinterpret_cast<const unsigned *>(high)[j];
    default:
      return 0;
  }
}

// Four bits, one to each byte's lowest.
INLINE unsigned spread_bits(unsigned bits) { return (bits | bits << 7 | bits << 14 | bits << 21) & 0x01010101u; }

// Four pairs of bits, one to each byte's lowest.
INLINE unsigned spread_pairs(unsigned bits) { return (bits | bits << 6 | bits << 12 | bits << 18) & 0x03030303u; }

// Four quanta from 0 up become signed bytes around zero. No byte carries into its neighbour.
template <int ZERO>
INLINE unsigned around_zero(unsigned quanta) {
  return (quanta + (128 - ZERO) * 0x01010101u) ^ 0x80808080u;
}

// Quarter j of a block as signed bytes: elements 4j to 4j + 3, and the four that are 16 further on.
template <int TYPE>
INLINE void unpack(unsigned low, unsigned high, unsigned &here, unsigned &further) {
  here = low & 0x0f0f0f0fu;
  further = low >> 4 & 0x0f0f0f0fu;
  switch (TYPE) {
    case Q4_0:
      here = around_zero<8>(here);
      further = around_zero<8>(further);
      break;
    case Q5_K:
      here |= spread_bits(high & 15) << 4;
      further |= spread_bits(high >> 4) << 4;
      break;
    case Q6_K:
      here = around_zero<32>(here | spread_pairs(high & 255) << 4);
      further = around_zero<32>(further | spread_pairs(high >> 8) << 4);
      break;
    case Q8_0:
      here = low;
      further = high;
      break;
    default:
      break;
  }
}

// Of 32 activations: value = scale * quantum; and the sum of their values.
struct ActivationScale {
  float scale, sum;
};

// What an integer product is added to: Q6_K's is larger, and it has two of them.
INLINE constexpr int zero_product(int type) { return type == Q6_K ? 0 : ZERO_BITS; }

// Adds a block's product, given the integer product; of Q6_K those of its halves.
template <int TYPE>
INLINE float accumulate(float sum, int first, int second, const Scale &weight, const ActivationScale &activation) {
  float scaled = TYPE == Q6_K ? weight.scale * float(weight.first * first + weight.second * second)
                              : fmaf(weight.scale, bits_to_float(unsigned(first)), weight.offset);
  sum = fmaf(scaled, activation.scale, sum);
  return has_minimum(TYPE) ? fmaf(-weight.minimum, activation.sum, sum) : sum;
}

// Quantizes the 32 values that a warp's lanes hold.
INLINE void quantize(float value, int8_t *quanta, ActivationScale *scale) {
  float largest = warp_maximum(fabsf(value));
  int quantum = round_to_int(value * (largest > 0 ? 127 / largest : 0));
  quanta[lane()] = int8_t(quantum);
  // Sums of small whole numbers are exact in a float.
  float sum = warp_sum(float(quantum));
  if (lane() == 0) {
    *scale = {largest / 127, largest / 127 * sum};
  }
}
