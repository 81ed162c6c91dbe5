// Operations on activations row by row: what lies between the products.
#pragma once

#include "quantized.cuh"

// Adds over a block of threads, in an order that depends on their number only. Every thread gets the sum.
struct BlockSum {
  float parts[WARP];
};

INLINE float block_sum(float value, BlockSum &shared) {
  value = warp_sum(value);
  if (lane() == 0) {
    shared.parts[warp()] = value;
  }
  __syncthreads();
  float sum = 0;
  for (unsigned i = 0; i < blockDim.x / WARP; i++) {
    sum += shared.parts[i];
  }
  return sum;
}

struct EmbedArguments {
  const uint8_t *table;
  const int *tokens;
  float *out;
  int type, rows, columns, stride;
  float scale;
};

template <int TYPE>
INLINE float packed_element(const Planes &planes, int row, int column) {
  int block = column / BLOCK, i = column % BLOCK;
  long at = cell(planes, row, block);
  unsigned here, further;
  unsigned low = reinterpret_cast<const unsigned *>(planes.low + at * 16)[i % 16 / 4];
  unpack<TYPE>(low, high_of<TYPE>(planes.high + at * high_bytes(TYPE), i % 16 / 4), here, further);
  int quantum = int8_t((i < 16 ? here : further) >> (i % 4 * 8));
  Scale scale = scale_of<TYPE>(planes, row, block);
  if (TYPE == Q6_K) {
    return scale.scale * float(i < 16 ? scale.first : scale.second) * float(quantum);
  }
  return fmaf(scale.scale, float(quantum), -scale.minimum);
}

INLINE float table_element(const EmbedArguments &args, int row, int column) {
  long at = long(row) * args.stride + column;
  Planes planes = planes_of(args.type, args.table, args.rows, args.columns / BLOCK);
  switch (args.type) {
    case F32:
      return reinterpret_cast<const float *>(args.table)[at];
    case F16:
      return half_to_float(reinterpret_cast<const uint16_t *>(args.table)[at]);
    case BF16:
      return bfloat_to_float(reinterpret_cast<const uint16_t *>(args.table)[at]);
    case Q4_0:
      return packed_element<Q4_0>(planes, row, column);
    case Q8_0:
      return packed_element<Q8_0>(planes, row, column);
    case Q4_K:
      return packed_element<Q4_K>(planes, row, column);
    case Q5_K:
      return packed_element<Q5_K>(planes, row, column);
    default:
      return packed_element<Q6_K>(planes, row, column);
  }
}

// A block of threads per row.
KERNEL(embed, EmbedArguments, 128) {
  int row = blockIdx.x, token = args.tokens[row];
  for (int column = threadIdx.x; column < args.columns; column += blockDim.x) {
    args.out[long(row) * args.columns + column] = table_element(args, token, column) * args.scale;
  }
}

struct QuantizeArguments {
  const float *in;
  int8_t *quanta;
  ActivationScale *scales;
  int64_t blocks;
};

// A warp per block of 32.
KERNEL(quantize_rows, QuantizeArguments, 256) {
  int64_t block = int64_t(blockIdx.x) * (blockDim.x / WARP) + warp();
  if (block < args.blocks) {
    quantize(args.in[block * BLOCK + lane()], args.quanta + block * BLOCK, args.scales + block);
  }
}

struct NormArguments {
  const float *x;
  const float *weight;
  float *out;
  int8_t *quanta;  // null where nobody wants them
  ActivationScale *scales;
  int groups, columns;
  float epsilon;
  Ahead ahead;
};

// A block of threads per group, and then those that fetch ahead; with quanta, columns are a whole number of blocks.
KERNEL(rms_norm, NormArguments, 1024) {
  SHARED(BlockSum, shared);
  if (int(blockIdx.x) >= args.groups) {
    fetch_piece(args.ahead, int(blockIdx.x) - args.groups);
    return;
  }
  const float *x = args.x + long(blockIdx.x) * args.columns;
  float *out = args.out + long(blockIdx.x) * args.columns;
  float squares = 0;
  for (int i = threadIdx.x; i < args.columns; i += blockDim.x) {
    squares = fmaf(x[i], x[i], squares);
  }
  float mean = block_sum(squares, shared) / float(args.columns);
  float inverse = 1 / sqrtf(mean + args.epsilon);
  for (int i = threadIdx.x; i < args.columns; i += blockDim.x) {
    float value = x[i] * inverse * args.weight[i];
    out[i] = value;
    if (args.quanta != nullptr) {
      long block = (long(blockIdx.x) * args.columns + i) / BLOCK;
      quantize(value, args.quanta + block * BLOCK, args.scales + block);
    }
  }
}

struct PairArguments {
  float *x;
  const float *y;
  int8_t *quanta;
  ActivationScale *scales;
  int64_t count;
  int kind;
  int own;  // blocks of threads that do what is to be done; those behind fetch ahead
  Ahead ahead;
};

KERNEL(add_rows, PairArguments, 256) {
  if (int(blockIdx.x) >= args.own) {
    fetch_piece(args.ahead, int(blockIdx.x) - args.own);
    return;
  }
  int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < args.count) {
    args.x[i] += args.y[i];
  }
}

struct GatedArguments {
  float *x;
  const float *y;
  const float *gate;  // [rows]
  int64_t count;
  int columns;
};

// Adds a branch that each row lets in for a part: the logistic function of its gate.
KERNEL(add_gated, GatedArguments, 256) {
  int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < args.count) {
    args.x[i] = fmaf(args.y[i], 1 / (1 + expf(-args.gate[i / args.columns])), args.x[i]);
  }
}

enum Activation { SILU, GELU_TANH };

INLINE float activated(int kind, float x) {
  // tanh(u) = 2 / (1 + e^-2u) - 1, so both are x times a logistic function; 2 * sqrt(2 / pi) is 1.5957691.
  float argument = kind == SILU ? x : 1.5957691216057308f * (x + 0.044715f * x * x * x);
  return x / (1 + expf(-argument));
}

// x = activation(x) * y; with quanta, the count is a whole number of blocks.
KERNEL(activate, PairArguments, 256) {
  if (int(blockIdx.x) >= args.own) {
    fetch_piece(args.ahead, int(blockIdx.x) - args.own);
    return;
  }
  int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= args.count) {
    return;
  }
  float value = activated(args.kind, args.x[i]) * args.y[i];
  args.x[i] = value;
  if (args.quanta != nullptr) {
    quantize(value, args.quanta + i / BLOCK * BLOCK, args.scales + i / BLOCK);
  }
}

struct CapArguments {
  float *x;
  int64_t count;
  float cap;
};

KERNEL(soft_cap, CapArguments, 256) {
  int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < args.count) {
    args.x[i] = args.cap * tanhf(args.x[i] / args.cap);
  }
}
