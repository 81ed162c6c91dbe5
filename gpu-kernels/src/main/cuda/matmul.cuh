// Quantized weights times many rows, on tensor cores in signed bytes. See quantized.cuh for the layout and the order of the sums.
#pragma once

#include "matvec.cuh"

constexpr int TILE_ROWS = 64;
constexpr int TILE_TOKENS = 32;

struct MatmulArguments {
  const uint8_t *weights;
  const uint64_t *experts;  // where each expert's weights are; null for a plain product
  const int *first;         // where each expert's slots begin in `slots`, and their end
  const int *slots;         // by expert
  const int8_t *quanta;
  const ActivationScale *scales;
  const float *bias;  // may be null
  float *out;
  int rows, blocks;
  int tokens;      // of a plain product
  int share;       // slots that read the same input row
  int accumulate;  // whether to add to what is there
};

// Which rows of activations a tile has: numbers in a row, or slots that an expert's list names.
struct TokenList {
  const int *slots;
  int first, count;
  int share;
};

template <class Arguments>
INLINE TokenList tokens_of(const Arguments &args, int tile, int tile_tokens) {
  int begin = args.experts == nullptr ? 0 : args.first[blockIdx.z];
  int end = args.experts == nullptr ? args.tokens : args.first[blockIdx.z + 1];
  begin += tile * tile_tokens;
  int count = end - begin;
  return {args.slots, begin, count < tile_tokens ? count : tile_tokens, args.share};
}

// The output row of a tile's n-th token.
INLINE int out_row(const TokenList &list, int n) { return list.slots == nullptr ? list.first + n : list.slots[list.first + n]; }

// Its input row; of those beyond the last the first one's, so that something can be read.
INLINE int in_row(const TokenList &list, int n) { return out_row(list, n < list.count ? n : 0) / list.share; }

// Each phase's part of 64 rows of 8 tokens.
struct PhaseParts {
  float parts[PHASES][TILE_ROWS * 8];
};

INLINE float sum_of_phases(const PhaseParts &shared, int i) {
  float sum = shared.parts[0][i];
#pragma unroll
  for (int p = 1; p < PHASES; p++) {
    sum += shared.parts[p][i];
  }
  return sum;
}

// Adds the phases of 8 tokens' outputs and writes them. `sums` is indexed [tile of 16 rows][fragment].
template <int ROW_TILES>
INLINE void add_phases(PhaseParts &shared, const float (&sums)[ROW_TILES][4], const TokenList &list, int first_token, int rows, const float *bias, float *to,
                       int accumulate) {
  int g = lane() / 4, j = lane() % 4;
  __syncthreads();
#pragma unroll
  for (int m = 0; m < ROW_TILES; m++) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
      shared.parts[warp()][(m * 16 + g + i / 2 * 8) * 8 + 2 * j + i % 2] = sums[m][i];
    }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < ROW_TILES * 16 * 8; i += blockDim.x) {
    // Neighbouring threads write neighbouring rows of one token.
    int local = i % (ROW_TILES * 16), token = first_token + i / (ROW_TILES * 16);
    int row = blockIdx.x * ROW_TILES * 16 + local;
    if (row < rows && token < list.count) {
      float sum = sum_of_phases(shared, local * 8 + i / (ROW_TILES * 16)) + (bias == nullptr ? 0 : bias[row]);
      float *out = to + long(out_row(list, token)) * rows + row;
      *out = accumulate ? *out + sum : sum;
    }
  }
}

// A tile's activations in the pieces a tensor core takes, of one block of 32.
struct TokenPieces {
  unsigned words[4][2];
  ActivationScale scales[4][2];
};

INLINE TokenPieces load_tokens(const MatmulArguments &args, const TokenList &list, int block) {
  TokenPieces result;
  int g = lane() / 4, j = lane() % 4;
#pragma unroll
  for (int n = 0; n < 4; n++) {
    auto words = reinterpret_cast<const unsigned *>(args.quanta + (long(in_row(list, n * 8 + g)) * args.blocks + block) * BLOCK);
    result.words[n][0] = words[j];
    result.words[n][1] = words[4 + j];
#pragma unroll
    for (int i = 0; i < 2; i++) {
      result.scales[n][i] = args.scales[long(in_row(list, n * 8 + 2 * j + i)) * args.blocks + block];
    }
  }
  return result;
}

// Eight warps, one a phase, each over the whole tile of 64 rows and 32 tokens.
template <int TYPE>
INLINE void matmul(const MatmulArguments &args) {
  SHARED(PhaseParts, shared);
  TokenList list = tokens_of(args, blockIdx.y, TILE_TOKENS);
  if (list.count <= 0) {
    return;
  }
  const uint8_t *weights = args.experts == nullptr ? args.weights : reinterpret_cast<const uint8_t *>(args.experts[blockIdx.z]);
  Planes planes = planes_of(TYPE, weights, args.rows, args.blocks);
  int g = lane() / 4, j = lane() % 4;
  float sums[4][4][4] = {};
  for (int block = warp(); block < args.blocks; block += PHASES) {
    TokenPieces tokens = load_tokens(args, list, block);
#pragma unroll
    for (int m = 0; m < 4; m++) {
      int row = blockIdx.x * TILE_ROWS + m * 16 + g;
      if (row - g >= args.rows) {
        break;
      }
      unsigned pieces[4];
      Scale scales[2];
#pragma unroll
      for (int half = 0; half < 2; half++) {
        long at = cell(planes, row + 8 * half, block);
        unsigned low = reinterpret_cast<const unsigned *>(planes.low + at * 16)[j];
        unpack<TYPE>(low, high_of<TYPE>(planes.high + at * high_bytes(TYPE), j), pieces[half], pieces[2 + half]);
        scales[half] = scale_of<TYPE>(planes, row + 8 * half, block);
      }
#pragma unroll
      for (int n = 0; n < 4; n++) {
        constexpr int ZERO_PRODUCT = zero_product(TYPE);
        int products[4] = {ZERO_PRODUCT, ZERO_PRODUCT, ZERO_PRODUCT, ZERO_PRODUCT}, further[4] = {};
        if (TYPE == Q6_K) {
          const unsigned here_pieces[2] = {pieces[0], pieces[1]}, further_pieces[2] = {pieces[2], pieces[3]};
          mma_bytes16(products, here_pieces, tokens.words[n][0]);
          mma_bytes16(further, further_pieces, tokens.words[n][1]);
        } else {
          mma_bytes32(products, pieces, tokens.words[n]);
        }
#pragma unroll
        for (int i = 0; i < 4; i++) {
          sums[n][m][i] = accumulate<TYPE>(sums[n][m][i], products[i], further[i], scales[i / 2], tokens.scales[n][i % 2]);
        }
      }
    }
  }
#pragma unroll
  for (int n = 0; n < 4; n++) {
    if (n * 8 < list.count) {
      add_phases<4>(shared, sums[n], list, n * 8, args.rows, args.bias, args.out, args.accumulate);
    }
  }
}

// Two blocks of threads at a time where that costs few registers' way to memory; minimums, or two scales a block, would cost many.
RESIDENT_KERNEL(matmul_q4_0, MatmulArguments, 256, 2) { matmul<Q4_0>(args); }
RESIDENT_KERNEL(matmul_q8_0, MatmulArguments, 256, 2) { matmul<Q8_0>(args); }
KERNEL(matmul_q4_k, MatmulArguments, 256) { matmul<Q4_K>(args); }
KERNEL(matmul_q5_k, MatmulArguments, 256) { matmul<Q5_K>(args); }
KERNEL(matmul_q6_k, MatmulArguments, 256) { matmul<Q6_K>(args); }
