// The kernels of attention: a warp for all parts of its queries, or for one of them, and then one that joins them.
#pragma once

#include "attention.cuh"

// What the parts so far add up to. Looked at once a part, so it need not take registers, of which there are none left.
template <int HEAD_DIM>
struct Totals {
  float values[HEAD_DIM / 2][attend_warps(HEAD_DIM) * WARP];
};

template <int BYTES, int HEAD_DIM>
INLINE void attend(const AttendArguments &args) {
  constexpr int TILES = HEAD_DIM / 8;
  SHARED(Totals<HEAD_DIM>, totals);
  int group = args.heads / args.kv_heads, head_groups = ceil_div(group, QUERIES);
  int index = blockIdx.x * attend_warps(HEAD_DIM) + warp();
  if (index >= args.tile_count * head_groups) {
    return;
  }
  int tile = index / head_groups, first_row = args.tiles[2 * tile], kv_head = blockIdx.y;
  int g = lane() / 4;
  Attention<BYTES, HEAD_DIM> work = {args,
                                     args.tables.blocks + args.tables.starts[args.tables.sequences[first_row]],
                                     kv_head,
                                     {query_of(args, tile, index % head_groups, kv_head, g), query_of(args, tile, index % head_groups, kv_head, g + 8)},
                                     {},
                                     {}};
  int first = work.first_visible(args.tables.positions[first_row]);
  int last = args.tables.positions[first_row + args.tiles[2 * tile + 1] - 1];
  bool alone = args.parts != nullptr;
  int first_part = alone ? int(blockIdx.z) : first / PART_TOKENS, last_part = alone ? int(blockIdx.z) : last / PART_TOKENS;
  if (first_part < first / PART_TOKENS || last_part > last / PART_TOKENS) {
    return;
  }
  Running total[2] = {{-INFINITY, 0}, {-INFINITY, 0}};
  for (int part = first_part; part <= last_part; part++) {
    work.part(part, first, last);
#pragma unroll
    for (int half = 0; half < 2; half++) {
      Join factors = join(total[half], work.running[half]);
#pragma unroll
      for (int t = 0; t < TILES; t++) {
        for (int i = 2 * half; i < 2 * half + 2; i++) {
          float before = part == first_part ? 0 : totals.values[4 * t + i][threadIdx.x];
          totals.values[4 * t + i][threadIdx.x] = fmaf(before, factors.before, work.values[t][i] * factors.after);
        }
      }
    }
  }
#pragma unroll
  for (int half = 0; half < 2; half++) {
    const Query &query = work.queries[half];
    if (query.position < 0) {
      continue;
    }
    int64_t head = int64_t(query.row) * args.heads + query.head;
    float *part = args.parts + (int64_t(first_part) * args.rows * args.heads + head) * (HEAD_DIM + 2);
    float *to = alone ? part + 2 : args.out + head * HEAD_DIM;
    float divisor = alone ? 1 : total[half].sum;
    if (alone) {
      part[0] = total[half].maximum;
      part[1] = total[half].sum;
    }
#pragma unroll
    for (int t = 0; t < TILES; t++) {
      to[work.element(t, 0)] = totals.values[4 * t + 2 * half][threadIdx.x] / divisor;
      to[work.element(t, 1)] = totals.values[4 * t + 2 * half + 1][threadIdx.x] / divisor;
    }
  }
}

#define ATTEND(dim, threads, blocks)                                                            \
  RESIDENT_KERNEL(attend_f32_##dim, AttendArguments, threads, blocks) { attend<4, dim>(args); } \
  RESIDENT_KERNEL(attend_f16_##dim, AttendArguments, threads, blocks) { attend<2, dim>(args); } \
  RESIDENT_KERNEL(attend_q8_##dim, AttendArguments, threads, blocks) { attend<1, dim>(args); }

ATTEND(16, 128, 4)
ATTEND(32, 128, 4)
ATTEND(64, 128, 3)
ATTEND(80, 128, 3)
ATTEND(96, 128, 3)
ATTEND(128, 128, 3)
ATTEND(256, 64, 4)

struct JoinArguments {
  const int *positions;
  const float *parts;
  float *out;
  int rows, heads, head_dim, window;
};

constexpr int HEAD_DIM_MAX = 256;

// A warp per row and head.
KERNEL(join_parts, JoinArguments, 128) {
  int index = blockIdx.x * (blockDim.x / WARP) + warp();
  if (index >= args.rows * args.heads) {
    return;
  }
  int position = args.positions[index / args.heads];
  int first = args.window == 0 || position < args.window ? 0 : position - args.window + 1;
  Running total = {-INFINITY, 0};
  float values[HEAD_DIM_MAX / WARP] = {};
#pragma unroll 4
  for (int part = first / PART_TOKENS; part <= position / PART_TOKENS; part++) {
    const float *from = args.parts + (int64_t(part) * args.rows * args.heads + index) * (args.head_dim + 2);
    Join factors = join(total, {from[0], from[1]});
#pragma unroll
    for (int n = 0; n < HEAD_DIM_MAX / WARP; n++) {
      if (n * WARP + lane() < args.head_dim) {
        values[n] = fmaf(values[n], factors.before, from[2 + n * WARP + lane()] * factors.after);
      }
    }
  }
#pragma unroll
  for (int n = 0; n < HEAD_DIM_MAX / WARP; n++) {
    if (n * WARP + lane() < args.head_dim) {
      args.out[int64_t(index) * args.head_dim + n * WARP + lane()] = values[n] / total.sum;
    }
  }
}
