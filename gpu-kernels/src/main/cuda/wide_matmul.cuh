// Quantized weights times many rows on Hopper's warpgroup products. The same bits as matmul.cuh; see quantized.cuh for the order of the sums.
//
// Four warpgroups (three where a block's minimum takes registers, two where it has two products), 64 rows each, over the same 64 tokens. Weights go from memory
// into registers, where they become signed bytes in just the pieces that a product takes; tokens go through shared memory, some blocks ahead, and are read
// from there by all warpgroups. While one warpgroup scales its products the others' run. Phases come one after the other, so that one more sum an output is
// all it takes to keep their order.
#pragma once

#include "matmul.cuh"

#ifdef HAS_WARPGROUPS

INLINE constexpr int wide_threads(int type) { return type == Q6_K ? 256 : has_minimum(type) ? 384 : 512; }
constexpr int WIDE_TOKENS = 64;
constexpr int STAGES = 3;
constexpr int STAGE_BLOCKS = 4;
constexpr int HALF_BYTES = WIDE_TOKENS * 16;

// Tokens of some blocks: of each block the first 16 quanta of all tokens, then the others, which is how a product reads them (8 tokens of 16 bytes a piece).
struct alignas(128) Stage {
  int8_t quanta[STAGE_BLOCKS][2][HALF_BYTES];
  ActivationScale scales[STAGE_BLOCKS][WIDE_TOKENS];
};

struct WideShared {
  Stage stages[STAGES];
};

// Blocks phase by phase, each phase as long as the longest; so some places hold no block.
struct Walk {
  int length, phase, step;

  __device__ int block() const { return phase + step * PHASES; }

  __device__ void go_on() {
    if (++step == length) {
      step = 0;
      phase++;
    }
  }
};

// Asks for a warp's 16 rows of a block, which lie together.
template <int TYPE>
INLINE void fetch_block(const Planes &planes, int first_row, int block) {
  constexpr int LOW_LINES = GROUP_ROWS * 16 / LINE, HIGH_LINES = (GROUP_ROWS * high_bytes(TYPE) + LINE - 1) / LINE;
  long at = cell(planes, first_row, block);
  if (lane() < LOW_LINES) {
    fetch_line(planes.low + at * 16 + lane() * LINE);
  } else if (lane() < LOW_LINES + HIGH_LINES) {
    fetch_line(planes.high + at * high_bytes(TYPE) + (lane() - LOW_LINES) * LINE);
  } else if (lane() == LOW_LINES + HIGH_LINES) {
    fetch_line(planes.scale + at * 2);
  }
}

// Brings a stage's tokens on their way, and asks for a warp's weights where they come from memory: what is loaded one block ahead would come too late.
//
// A thread brings half of a token's block; warpgroups take turns with blocks. `first` is the first of that token's.
template <int TYPE>
INLINE void bring(const MatmulArguments &args, int first, const Planes &planes, int fetched_row, Walk &walk, Stage &to) {
  constexpr int TURNS = wide_threads(TYPE) / (2 * WIDE_TOKENS);
  int half = threadIdx.x % 2, n = threadIdx.x / 2 % WIDE_TOKENS;
#pragma unroll
  for (int place = 0; place < STAGE_BLOCKS; place++) {
    int block = walk.block();
    if (place % TURNS == int(threadIdx.x) / (2 * WIDE_TOKENS) && block < args.blocks) {
      copy_later<16>(&to.quanta[place][half][n * 16], args.quanta + long(first + block) * BLOCK + half * 16);
      if (half == 0) {
        copy_later<8>(&to.scales[place][n], args.scales + first + block);
      }
    }
    if (fetched_row >= 0 && block < args.blocks) {
      fetch_block<TYPE>(planes, fetched_row, block);
    }
    walk.go_on();
  }
  copies_end();
}

// A lane's part of a block of weights: of rows g and g + 8.
struct WidePiece {
  unsigned low[2], high[2];
  PackedScale scales[2];
};

template <int TYPE>
INLINE WidePiece load_piece(const Planes &planes, int row, int block) {
  WidePiece result;
  int j = lane() % 4;
#pragma unroll
  for (int half = 0; half < 2; half++) {
    long at = cell(planes, row + 8 * half, block);
    result.low[half] = reinterpret_cast<const unsigned *>(planes.low + at * 16)[j];
    result.high[half] = high_of<TYPE>(planes.high + at * high_bytes(TYPE), j);
    result.scales[half] = load_scale<TYPE>(planes, row + 8 * half, block);
  }
  return result;
}

// Outputs that a lane has of its warpgroup's 64 x 64.
constexpr int WIDE_OUTPUTS = 32;

template <int TYPE>
INLINE void add_block(const WidePiece &piece, const Stage &stage, int place, float (&sums)[WIDE_OUTPUTS]) {
  unsigned pieces[4];
#pragma unroll
  for (int half = 0; half < 2; half++) {
    unpack<TYPE>(piece.low[half], piece.high[half], pieces[half], pieces[2 + half]);
  }
  int products[WIDE_OUTPUTS], further[WIDE_OUTPUTS];
  uint64_t tokens_at = matrix_descriptor(stage.quanta[place], HALF_BYTES, 128);
  if constexpr (TYPE == Q6_K) {
    warpgroup_halves(products, further, pieces, tokens_at);
  } else {
#pragma unroll
    for (int i = 0; i < WIDE_OUTPUTS; i++) {
      products[i] = zero_product(TYPE);
      further[i] = 0;
    }
    warpgroup_bytes(products, pieces, tokens_at);
  }
  const Scale rows[2] = {unpack_scale<TYPE>(piece.scales[0]), unpack_scale<TYPE>(piece.scales[1])};
  auto scales = reinterpret_cast<const float4 *>(stage.scales[place]);
#pragma unroll
  for (int n = 0; n < WIDE_TOKENS / 8; n++) {
    float4 two = scales[n * 4 + lane() % 4];
    const ActivationScale tokens[2] = {{two.x, two.y}, {two.z, two.w}};
#pragma unroll
    for (int i = 0; i < 4; i++) {
      sums[4 * n + i] = accumulate<TYPE>(sums[4 * n + i], products[4 * n + i], further[4 * n + i], rows[i / 2], tokens[i % 2]);
    }
  }
}

template <int TYPE>
INLINE void wide_matmul(const MatmulArguments &args) {
  constexpr int THREADS = wide_threads(TYPE);
  SHARED(WideShared, shared);
  const Product &product = own_product(args.products);
  TokenList list = tokens_of(args, blockIdx.y, WIDE_TOKENS);
  if (list.count <= 0) {
    return;
  }
  Planes planes = planes_of(TYPE, weights_of(product, blockIdx.z), product.rows, args.blocks);
  int length = ceil_div(args.blocks, PHASES);
  int g = lane() / 4, j = lane() % 4;
  int first_row = (int(blockIdx.x) - product.first) * (THREADS / 2) + warp() * GROUP_ROWS, row = first_row + g;
  // A warpgroup stays together: warps that have no rows compute the first ones' once more.
  int read_row = first_row < product.rows ? row : g;
  int stages = length * PHASES / STAGE_BLOCKS;
  float totals[WIDE_OUTPUTS], sums[WIDE_OUTPUTS] = {};
  int first = in_row(list, threadIdx.x / 2 % WIDE_TOKENS) * args.blocks;
  Walk brought = {length, 0, 0}, walk = {length, 0, 0};
  // With one tile of tokens nobody else has brought the weights.
  int fetched_row = gridDim.y == 1 && first_row < product.rows ? first_row : -1;
#pragma unroll
  for (int i = 0; i < STAGES - 1; i++) {
    bring<TYPE>(args, first, planes, fetched_row, brought, shared.stages[i]);
  }
  WidePiece next = load_piece<TYPE>(planes, read_row, 0);
  for (int s = 0; s < stages; s++) {
    copies_wait<STAGES - 2>();
    shared_to_products();
    __syncthreads();
    // Over what everybody was done with before the barrier; beyond the last stage nothing.
    if (s + STAGES - 1 < stages) {
      bring<TYPE>(args, first, planes, fetched_row, brought, shared.stages[(s + STAGES - 1) % STAGES]);
    } else {
      copies_end();
    }
#pragma unroll
    for (int place = 0; place < STAGE_BLOCKS; place++) {
      int block = walk.block(), phase = walk.phase;
      walk.go_on();
      WidePiece piece = next;
      next = load_piece<TYPE>(planes, read_row, walk.block() < args.blocks ? walk.block() : 0);
      if (block < args.blocks) {
        add_block<TYPE>(piece, shared.stages[s % STAGES], place, sums);
      }
      if (walk.phase != phase) {
#pragma unroll
        for (int i = 0; i < WIDE_OUTPUTS; i++) {
          totals[i] = phase == 0 ? sums[i] : totals[i] + sums[i];
          sums[i] = 0;
        }
      }
    }
  }
#pragma unroll
  for (int i = 0; i < WIDE_OUTPUTS; i++) {
    int token = i / 4 * 8 + 2 * j + i % 2, at = row + i % 4 / 2 * 8;
    if (token < list.count && at < product.rows) {
      float sum = totals[i] + (product.bias == nullptr ? 0 : product.bias[at]);
      float *out = product.out + long(out_row(list, token)) * product.rows + at;
      *out = args.accumulate ? *out + sum : sum;
    }
  }
}

KERNEL(wide_matmul_q4_0, MatmulArguments, wide_threads(Q4_0)) { wide_matmul<Q4_0>(args); }
KERNEL(wide_matmul_q8_0, MatmulArguments, wide_threads(Q8_0)) { wide_matmul<Q8_0>(args); }
KERNEL(wide_matmul_q4_k, MatmulArguments, wide_threads(Q4_K)) { wide_matmul<Q4_K>(args); }
KERNEL(wide_matmul_q5_k, MatmulArguments, wide_threads(Q5_K)) { wide_matmul<Q5_K>(args); }
KERNEL(wide_matmul_q6_k, MatmulArguments, wide_threads(Q6_K)) { wide_matmul<Q6_K>(args); }

#endif
