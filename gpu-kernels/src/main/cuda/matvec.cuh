// Quantized weights times a few rows: as fast as the weights can be read. See quantized.cuh for the layout and the order of the sums.
#pragma once

#include "quantized.cuh"

struct MatvecArguments {
  const uint8_t *weights;
  const uint64_t *experts;  // where each expert's weights are; null for a plain product
  const int *chosen;        // the expert of each slot
  const int8_t *quanta;
  const ActivationScale *scales;
  const float *bias;  // may be null
  float *out;
  int rows, blocks;
  int tokens;      // of a plain product
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
  if (TYPE == Q8_0) {
    uint4 high = *reinterpret_cast<const uint4 *>(planes.high + at * 16);
    result.high[0] = high.x;
    result.high[1] = high.y;
    result.high[2] = high.z;
    result.high[3] = high.w;
  } else {
    const uint8_t *high = planes.high + at * high_bytes(TYPE);
    for (int j = 0; j < 4; j++) {
      result.high[j] = high_of<TYPE>(high, j);
    }
  }
  result.scale = scale_of<TYPE>(planes, row, block);
  return result;
}

// Four rows of weights a warp: lane = phase * 4 + row. TOKENS is how many rows of activations share the weights' way.
template <int TYPE, int TOKENS>
INLINE void matvec(const MatvecArguments &args) {
  int phase = lane() / 4;
  int row = (blockIdx.x * (blockDim.x / WARP) + warp()) * 4 + lane() % 4;
  int slot = args.experts == nullptr ? 0 : int(blockIdx.y);
  const uint8_t *weights = args.experts == nullptr ? args.weights : reinterpret_cast<const uint8_t *>(args.experts[args.chosen[slot]]);
  Planes planes = planes_of(TYPE, weights, args.rows, args.blocks);
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
      int in = args.experts == nullptr ? (token < args.tokens ? token : 0) : slot / args.share;
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
    bool wanted = args.experts != nullptr || token < args.tokens;
    if (phase == 0 && row < args.rows && wanted) {
      float *out = args.out + long(args.experts == nullptr ? token : slot) * args.rows + row;
      sum += args.bias == nullptr ? 0 : args.bias[row];
      *out = args.accumulate ? *out + sum : sum;
    }
  }
}

#define MATVEC(name, TYPE)                                                          \
  KERNEL(matvec_##name##_1, MatvecArguments, 128) { matvec<TYPE, 1>(args); }        \
  KERNEL(matvec_##name##_2, MatvecArguments, 128) { matvec<TYPE, 2>(args); }        \
  KERNEL(matvec_##name##_4, MatvecArguments, 128) { matvec<TYPE, 4>(args); }        \
  KERNEL(matvec_##name##_8, MatvecArguments, 128) { matvec<TYPE, 8>(args); }

MATVEC(q4_0, Q4_0)
MATVEC(q8_0, Q8_0)
MATVEC(q4_k, Q4_K)
MATVEC(q5_k, Q5_K)
MATVEC(q6_k, Q6_K)
