// Quantized weights times many rows, on tensor cores in signed bytes. See quantized.cuh for the layout and the order of the sums.
#pragma once

#include "matvec.cuh"
#include "tensor_cores.cuh"

struct MatmulArguments {
  Products products;
  const int *first;  // where each expert's slots begin in `slots`, and their end; null for plain products
  const int *slots;  // by expert
  const int8_t *quanta;
  const ActivationScale *scales;
  int blocks;
  int tokens;      // of plain products
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
  int begin = args.first == nullptr ? 0 : args.first[blockIdx.z];
  int end = args.first == nullptr ? args.tokens : args.first[blockIdx.z + 1];
  begin += tile * tile_tokens;
  int count = end - begin;
  return {args.slots, begin, count < tile_tokens ? count : tile_tokens, args.share};
}

// The output row of a tile's n-th token.
INLINE int out_row(const TokenList &list, int n) { return list.slots == nullptr ? list.first + n : list.slots[list.first + n]; }

// Its input row; of those beyond the last the first one's, so that something can be read.
INLINE int in_row(const TokenList &list, int n) { return out_row(list, n < list.count ? n : 0) / list.share; }

// Each phase's part of some rows of 8 tokens, with a word between rows, so that a warp's words lie in banks of their own.
template <int ROWS>
struct PhaseParts {
  float parts[PHASES][ROWS][9];
};

// Adds the phases of 8 tokens' outputs and writes them. `sums` is indexed [tile of 16 rows][fragment].
template <int ROW_TILES>
INLINE void add_phases(PhaseParts<ROW_TILES * 16> &shared, const float (&sums)[ROW_TILES][4], const TokenList &list, int first_token, const Product &product,
                       int accumulate) {
  constexpr int ROWS = ROW_TILES * 16;
  int g = lane() / 4, j = lane() % 4;
  __syncthreads();
#pragma unroll
  for (int m = 0; m < ROW_TILES; m++) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
      shared.parts[warp()][m * 16 + g + i / 2 * 8][2 * j + i % 2] = sums[m][i];
    }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < ROWS * 8; i += blockDim.x) {
    // Neighbouring threads write neighbouring rows of one token.
    int local = i % ROWS, n = i / ROWS, row = (int(blockIdx.x) - product.first) * ROWS + local;
    if (row < product.rows && first_token + n < list.count) {
      float sum = shared.parts[0][local][n];
#pragma unroll
      for (int p = 1; p < PHASES; p++) {
        sum += shared.parts[p][local][n];
      }
      sum += product.bias == nullptr ? 0 : product.bias[row];
      float *out = product.out + long(out_row(list, first_token + n)) * product.rows + row;
      *out = accumulate ? *out + sum : sum;
    }
  }
}

// Where a lane finds its pieces of a tile's activations: those of token g, and the scales of tokens 2j and 2j + 1.
template <int TOKEN_TILES>
struct TokenPlaces {
  const int8_t *quanta[TOKEN_TILES];
  const ActivationScale *scales[TOKEN_TILES][2];
};

template <int TOKEN_TILES>
INLINE TokenPlaces<TOKEN_TILES> places_of(const MatmulArguments &args, const TokenList &list) {
  TokenPlaces<TOKEN_TILES> places;
  int g = lane() / 4, j = lane() % 4;
#pragma unroll
  for (int n = 0; n < TOKEN_TILES; n++) {
    places.quanta[n] = args.quanta + long(in_row(list, n * 8 + g)) * args.blocks * BLOCK + 4 * j;
#pragma unroll
    for (int i = 0; i < 2; i++) {
      places.scales[n][i] = args.scales + long(in_row(list, n * 8 + 2 * j + i)) * args.blocks;
    }
  }
  return places;
}

// A lane's part of a block of weights and activations as they lie in memory: what is loaded ahead.
template <int ROW_TILES, int TOKEN_TILES>
struct BlockPieces {
  unsigned low[ROW_TILES][2], high[ROW_TILES][2];
  PackedScale scales[ROW_TILES][2];
  unsigned words[TOKEN_TILES][2];
  ActivationScale token_scales[TOKEN_TILES][2];
};

template <int TYPE, int ROW_TILES, int TOKEN_TILES>
INLINE void load_pieces(const Planes &planes, int first_row, int rows, const TokenPlaces<TOKEN_TILES> &places, int block,
                        BlockPieces<ROW_TILES, TOKEN_TILES> &to) {
  int g = lane() / 4, j = lane() % 4;
#pragma unroll
  for (int m = 0; m < ROW_TILES; m++) {
    // Tiles behind the last row read the first one's once more.
    int row = (first_row + m * 16 < rows ? first_row + m * 16 : first_row) + g;
#pragma unroll
    for (int half = 0; half < 2; half++) {
      long at = cell(planes, row + 8 * half, block);
      to.low[m][half] = reinterpret_cast<const unsigned *>(planes.low + at * 16)[j];
      to.high[m][half] = high_of<TYPE>(planes.high + at * high_bytes(TYPE), j);
      to.scales[m][half] = load_scale<TYPE>(planes, row + 8 * half, block);
    }
  }
#pragma unroll
  for (int n = 0; n < TOKEN_TILES; n++) {
#pragma unroll
    for (int i = 0; i < 2; i++) {
      to.words[n][i] = *reinterpret_cast<const unsigned *>(places.quanta[n] + long(block) * BLOCK + 16 * i);
      to.token_scales[n][i] = places.scales[n][i][block];
    }
  }
}

template <int TYPE, int ROW_TILES, int TOKEN_TILES>
INLINE void multiply_pieces(const BlockPieces<ROW_TILES, TOKEN_TILES> &block, float (&sums)[TOKEN_TILES][ROW_TILES][4]) {
  const int zeros[4] = {zero_product(TYPE), zero_product(TYPE), zero_product(TYPE), zero_product(TYPE)};
#pragma unroll
  for (int m = 0; m < ROW_TILES; m++) {
    unsigned pieces[4];
#pragma unroll
    for (int half = 0; half < 2; half++) {
      unpack<TYPE>(block.low[m][half], block.high[m][half], pieces[half], pieces[2 + half]);
    }
    const Scale scales[2] = {unpack_scale<TYPE>(block.scales[m][0]), unpack_scale<TYPE>(block.scales[m][1])};
#pragma unroll
    for (int n = 0; n < TOKEN_TILES; n++) {
      int products[4], further[4] = {};
      if (TYPE == Q6_K) {
        const unsigned here_pieces[2] = {pieces[0], pieces[1]}, further_pieces[2] = {pieces[2], pieces[3]};
        mma_bytes16(products, here_pieces, block.words[n][0], zeros);
        mma_bytes16(further, further_pieces, block.words[n][1], zeros);
      } else {
        mma_bytes32(products, pieces, block.words[n], zeros);
      }
#pragma unroll
      for (int i = 0; i < 4; i++) {
        sums[n][m][i] = accumulate<TYPE>(sums[n][m][i], products[i], further[i], scales[i / 2], block.token_scales[n][i % 2]);
      }
    }
  }
}

// Eight warps, one a phase, each over the whole tile. A phase's next block is on its way while one is multiplied.
template <int TYPE, int ROW_TILES, int TOKEN_TILES>
INLINE void matmul(const MatmulArguments &args) {
  SHARED(PhaseParts<ROW_TILES * 16>, shared);
  const Product &product = own_product(args.products);
  TokenList list = tokens_of(args, blockIdx.y, TOKEN_TILES * 8);
  if (list.count <= 0) {
    return;
  }
  int tile = int(blockIdx.x) - product.first;
  Planes planes = planes_of(TYPE, weights_of(product, blockIdx.z), product.rows, args.blocks);
  // Other tiles of tokens find the weights where this one's first have brought them.
  if (blockIdx.y == 0) {
    fetch_groups<TYPE>(planes, product.rows, tile * ROW_TILES, ROW_TILES);
  }
  TokenPlaces<TOKEN_TILES> places = places_of<TOKEN_TILES>(args, list);
  float sums[TOKEN_TILES][ROW_TILES][4] = {};
  BlockPieces<ROW_TILES, TOKEN_TILES> next;
  if (warp() < args.blocks) {
    load_pieces<TYPE>(planes, tile * ROW_TILES * 16, product.rows, places, warp(), next);
  }
  for (int block = warp(); block < args.blocks; block += PHASES) {
    BlockPieces<ROW_TILES, TOKEN_TILES> now = next;
    if (block + PHASES < args.blocks) {
      load_pieces<TYPE>(planes, tile * ROW_TILES * 16, product.rows, places, block + PHASES, next);
    }
    multiply_pieces<TYPE>(now, sums);
  }
#pragma unroll
  for (int n = 0; n < TOKEN_TILES; n++) {
    if (n * 8 < list.count) {
      add_phases<ROW_TILES>(shared, sums[n], list, n * 8, product, args.accumulate);
    }
  }
}

// By tokens of a tile, with as many blocks of threads at a time as leave room for what is loaded ahead.
#define MATMUL(name, TYPE)                                                                              \
  RESIDENT_KERNEL(matmul_##name##_8, MatmulArguments, 256, 3) { matmul<TYPE, 2, 1>(args); }             \
  RESIDENT_KERNEL(matmul_##name##_16, MatmulArguments, 256, 2) { matmul<TYPE, 2, 2>(args); }            \
  RESIDENT_KERNEL(matmul_##name##_32, MatmulArguments, 256, 1) { matmul<TYPE, 4, 4>(args); }

MATMUL(q4_0, Q4_0)
MATMUL(q8_0, Q8_0)
MATMUL(q4_k, Q4_K)
MATMUL(q5_k, Q5_K)
MATMUL(q6_k, Q6_K)
