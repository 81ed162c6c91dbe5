// Quantized weights times one row or two: as fast as the weights can be read. See quantized.cuh for the layout and the order of the sums.
#pragma once

#include "quantized.cuh"

struct MatvecArguments {
  Products products;
  const int *chosen;  // the expert of each slot; null for plain products
  const int8_t *quanta;
  const ActivationScale *scales;
  int blocks;
  int tokens;      // of plain products
  int share;       // slots that read the same input row
  int accumulate;  // whether to add to what is there
};

// A lane's block of weights, loaded before anything is computed, so that many loads are on their way.
struct WeightBlock {
  unsigned low[4];
  unsigned high[4];
  Scale scale;
};

template <int TYPE>
INLINE WeightBlock load_block(const Planes &planes, int row, int block) {
  long at = cell(planes, row, block);
  WeightBlock result;
  uint4 low = *reinterpret_cast<const uint4 *>(planes.low + at * 16);
  result.low[0] = low.x;
  result.low[1] = low.y;
  result.low[2] = low.z;
  result.low[3] = low.w;
  const uint8_t *high = planes.high + at * high_bytes(TYPE);
  if (TYPE == Q8_0) {
    uint4 words = *reinterpret_cast<const uint4 *>(high);
    result.high[0] = words.x;
    result.high[1] = words.y;
    result.high[2] = words.z;
    result.high[3] = words.w;
  } else if (TYPE == Q6_K) {
    uint2 words = *reinterpret_cast<const uint2 *>(high);
    result.high[0] = words.x & 0xffff;
    result.high[1] = words.x >> 16;
    result.high[2] = words.y & 0xffff;
    result.high[3] = words.y >> 16;
  } else {
    unsigned word = TYPE == Q5_K ? *reinterpret_cast<const unsigned *>(high) : 0;
    for (int j = 0; j < 4; j++) {
      result.high[j] = word >> (8 * j) & 0xff;
    }
  }
  result.scale = scale_of<TYPE>(planes, row, block);
  return result;
}

constexpr int VECTOR_WARPS = GROUP_ROWS / 4;

// Four rows of weights a warp, so that a block of threads has one group: lane = phase * 4 + row. TOKENS is how many rows of activations share the weights'
// way.
template <int TYPE, int TOKENS>
INLINE void matvec(const MatvecArguments &args) {
  const Product &product = own_product(args.products);
  int group = int(blockIdx.x) - product.first, phase = lane() / 4, row = (group * VECTOR_WARPS + warp()) * 4 + lane() % 4;
  bool plain = args.chosen == nullptr;
  int slot = plain ? 0 : int(blockIdx.y);
  Planes planes = planes_of(TYPE, weights_of(product, plain ? 0 : args.chosen[slot]), product.rows, args.blocks);
  fetch_groups<TYPE>(planes, product.rows, group, 1);
  float sums[TOKENS] = {};
#pragma unroll 4
  for (int block = phase; block < args.blocks; block += PHASES) {
    WeightBlock weight = load_block<TYPE>(planes, row, block);
    unsigned here[4], further[4];
#pragma unroll
    for (int j = 0; j < 4; j++) {
      unpack<TYPE>(weight.low[j], weight.high[j], here[j], further[j]);
    }
#pragma unroll
    for (int token = 0; token < TOKENS; token++) {
      int in = plain ? (token < args.tokens ? token : 0) : slot / args.share;
      long at = long(in) * args.blocks + block;
      auto quanta = reinterpret_cast<const uint4 *>(args.quanta + at * BLOCK);
      uint4 a = quanta[0], b = quanta[1];
      int first = dot4(here[3], a.w, dot4(here[2], a.z, dot4(here[1], a.y, dot4(here[0], a.x, zero_product(TYPE)))));
      int second = dot4(further[3], b.w, dot4(further[2], b.z, dot4(further[1], b.y, dot4(further[0], b.x, TYPE == Q6_K ? 0 : first))));
      sums[token] = accumulate<TYPE>(sums[token], TYPE == Q6_K ? first : second, second, weight.scale, args.scales[at]);
    }
  }
#pragma unroll
  for (int token = 0; token < TOKENS; token++) {
    float sum = warp_phase_sum(sums[token]);
    if (phase == 0 && row < product.rows && (!plain || token < args.tokens)) {
      float *out = product.out + long(plain ? token : slot) * product.rows + row;
      sum += product.bias == nullptr ? 0 : product.bias[row];
      *out = args.accumulate ? *out + sum : sum;
    }
  }
}

#define MATVEC(name, TYPE)                                                   \
  KERNEL(matvec_##name##_1, MatvecArguments, 128) { matvec<TYPE, 1>(args); } \
  KERNEL(matvec_##name##_2, MatvecArguments, 128) { matvec<TYPE, 2>(args); }

MATVEC(q4_0, Q4_0)
MATVEC(q8_0, Q8_0)
MATVEC(q4_k, Q4_K)
MATVEC(q5_k, Q5_K)
MATVEC(q6_k, Q6_K)
