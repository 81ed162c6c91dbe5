// Weights stored as floats (F16, BF16, F32) times any number of rows, on tensor cores in tf32.
//
// F16 and BF16 weights are exact in tf32; activations, and F32 weights, go in as two tf32 each, so that little more than float32's own rounding is lost. A
// column of a tensor core's product depends on that column alone, and each row's sums are made in one order (32 columns to a phase, eight phases, added in
// order), so a row's result has the same bits alone or among many.
#pragma once

#include "matmul.cuh"

// Weights are [rows, stride], behind the columns zeros.
struct FloatMatmulArguments {
  Products products;
  const int *first;  // as in MatmulArguments
  const int *slots;
  const float *in;
  int columns, stride;
  int tokens, share, accumulate;
};

constexpr int CHUNK = 32;
// Elements of a chunk that a lane holds of one row.
constexpr int PIECE = CHUNK / 4;

template <int TYPE>
INLINE void load_weights(const uint8_t *row, int column, float (&to)[PIECE]) {
  if (TYPE == F32) {
    auto from = reinterpret_cast<const float4 *>(row + 4l * column);
    float4 a = from[0], b = from[1];
    const float all[PIECE] = {a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w};
    for (int i = 0; i < PIECE; i++) {
      to[i] = all[i];
    }
    return;
  }
  uint4 words = *reinterpret_cast<const uint4 *>(row + 2l * column);
  const unsigned all[4] = {words.x, words.y, words.z, words.w};
#pragma unroll
  for (int i = 0; i < PIECE; i++) {
    uint16_t bits = uint16_t(all[i / 2] >> (i % 2 * 16));
    to[i] = TYPE == F16 ? half_to_float(bits) : bfloat_to_float(bits);
  }
}

// Activations have no zeros behind their columns, and other rows follow there.
INLINE void load_activations(const float *row, int column, int columns, float (&to)[PIECE]) {
#pragma unroll
  for (int i = 0; i < PIECE; i++) {
    to[i] = column + i < columns ? row[column + i] : 0;
  }
}

// c += a * b with b, and where not EXACT also a, as two tf32; small parts first.
template <bool EXACT>
INLINE void mma_split(float (&c)[4], const float (&a)[4], const Split (&b)[2]) {
  const unsigned low[2] = {b[0].low, b[1].low}, high[2] = {b[0].high, b[1].high};
  if (EXACT) {
    const unsigned whole[4] = {float_to_bits(a[0]), float_to_bits(a[1]), float_to_bits(a[2]), float_to_bits(a[3])};
    mma_floats(c, whole, low);
    mma_floats(c, whole, high);
    return;
  }
  const Split s[4] = {split(a[0]), split(a[1]), split(a[2]), split(a[3])};
  const unsigned a_low[4] = {s[0].low, s[1].low, s[2].low, s[3].low}, a_high[4] = {s[0].high, s[1].high, s[2].high, s[3].high};
  mma_floats(c, a_low, high);
  mma_floats(c, a_high, low);
  mma_floats(c, a_high, high);
}

// Eight warps, one a phase, each over the whole tile.
template <int TYPE, int ROW_TILES, int TOKEN_TILES>
INLINE void float_matmul(const FloatMatmulArguments &args) {
  SHARED(PhaseParts<ROW_TILES * 16>, shared);
  const Product &product = own_product(args.products);
  TokenList list = tokens_of(args, blockIdx.y, TOKEN_TILES * 8);
  if (list.count <= 0) {
    return;
  }
  constexpr int BYTES = TYPE == F32 ? 4 : 2;
  const uint8_t *weights = weights_of(product, blockIdx.z);
  int first_row = (int(blockIdx.x) - product.first) * ROW_TILES * 16;
  if (blockIdx.y == 0) {
    int count = product.rows - first_row < ROW_TILES * 16 ? product.rows - first_row : ROW_TILES * 16;
    fetch_ahead(weights + long(first_row) * args.stride * BYTES, int64_t(count) * args.stride * BYTES);
  }
  int g = lane() / 4, j = lane() % 4;
  float sums[TOKEN_TILES][ROW_TILES][4] = {};
  for (int chunk = warp(); chunk * CHUNK < args.stride; chunk += PHASES) {
    int column = chunk * CHUNK + j * PIECE;
    float tokens[TOKEN_TILES][PIECE];
#pragma unroll
    for (int n = 0; n < TOKEN_TILES; n++) {
      load_activations(args.in + long(in_row(list, n * 8 + g)) * args.columns, column, args.columns, tokens[n]);
    }
#pragma unroll
    for (int m = 0; m < ROW_TILES; m++) {
      float pieces[2][PIECE];
#pragma unroll
      for (int half = 0; half < 2; half++) {
        int row = first_row + m * 16 + 8 * half + g;
        load_weights<TYPE>(weights + long(row < product.rows ? row : product.rows - 1) * args.stride * BYTES, column, pieces[half]);
      }
#pragma unroll
      for (int s = 0; s < PIECE; s += 2) {
        const float a[4] = {pieces[0][s], pieces[1][s], pieces[0][s + 1], pieces[1][s + 1]};
#pragma unroll
        for (int n = 0; n < TOKEN_TILES; n++) {
          const Split b[2] = {split(tokens[n][s]), split(tokens[n][s + 1])};
          mma_split<TYPE != F32>(sums[n][m], a, b);
        }
      }
    }
  }
#pragma unroll
  for (int n = 0; n < TOKEN_TILES; n++) {
    if (n * 8 < list.count) {
      add_phases<ROW_TILES>(shared, sums[n], list, n * 8, product, args.accumulate);
    }
  }
}

// Narrow: 16 rows and 8 tokens a block of threads, for weights that are read once; wide: 32 and 32.
#define FLOAT_MATMUL(name, TYPE)                                                                                     \
  KERNEL(matmul_##name##_narrow, FloatMatmulArguments, 256) { float_matmul<TYPE, 1, 1>(args); }                      \
  KERNEL(matmul_##name##_wide, FloatMatmulArguments, 256) { float_matmul<TYPE, 2, 4>(args); }

FLOAT_MATMUL(f16, F16)
FLOAT_MATMUL(bf16, BF16)
FLOAT_MATMUL(f32, F32)
