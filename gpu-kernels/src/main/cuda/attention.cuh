// Softmax attention over the cache's blocks, on tensor cores in tf32 (Milakov and Gimelshein 2018, algorithm 3; Dao et al. 2022).
//
// A warp takes 16 queries: neighbouring rows of one sequence, and the heads that share a key-value head. Positions are cut into parts of a fixed length; a
// part is computed by itself and parts are joined in order, by the same function whether one warp does all of a query's parts (prompts) or each its own
// (decoding, where there are too few queries to fill a device). So a row's result has the same bits however its prompt was cut and whoever else is there.
#pragma once

#include "float_matmul.cuh"
#include "position.cuh"

constexpr int PART_TOKENS = 256;
constexpr int QUERIES = 16;
// Warps of a block of threads; of very long heads fewer, for whose totals there is room.
INLINE constexpr int attend_warps(int head_dim) { return head_dim > 128 ? 2 : 4; }

struct AttendArguments {
  Tables tables;
  Cache cache;
  const float *q;
  float *out;
  const int *tiles;  // first row, rows
  float *parts;      // [part][row][head][maximum, sum, head_dim values]; null where a warp does all parts
  int tile_count, rows, heads, kv_heads;
  int window;
  float scale, cap;
};

// A softmax on its way: of what was seen the largest score and the sum of exponentials.
struct Running {
  float maximum, sum;
};

// The factors by which two parts' values are added; `total` becomes both together.
struct Join {
  float before, after;
};

INLINE Join join(Running &total, Running part) {
  // A part that sees nothing changes nothing.
  if (part.maximum == -INFINITY) {
    return {1, 0};
  }
  float maximum = greater_of(total.maximum, part.maximum);
  Join factors = {expf(total.maximum - maximum), expf(part.maximum - maximum)};
  total = {maximum, fmaf(total.sum, factors.before, part.sum * factors.after)};
  return factors;
}

// One of a warp's 16 queries.
struct Query {
  int row, head, position;  // position -1: there is none
};

INLINE Query query_of(const AttendArguments &args, int tile, int head_group, int kv_head, int index) {
  int group = args.heads / args.kv_heads, width = group < QUERIES ? group : QUERIES;
  int row = index / width, member = head_group * QUERIES + index % width;
  bool there = row < args.tiles[2 * tile + 1] && row < QUERIES / width && member < group;
  row += args.tiles[2 * tile];
  return {row, kv_head * group + member, there ? args.tables.positions[row] : -1};
}

// N neighbouring elements of the cache; of quanta four, without their scale.
template <int BYTES, int N>
INLINE void load_cached(const uint8_t *from, float (&to)[N]) {
  if (BYTES == 1) {
    unsigned word = N == 4 ? *reinterpret_cast<const unsigned *>(from) : *reinterpret_cast<const uint16_t *>(from);
#pragma unroll
    for (int i = 0; i < N; i++) {
      to[i] = float(int8_t(word >> (i % 4 * 8)));
    }
    return;
  }
  if (BYTES == 4) {
#pragma unroll
    for (int i = 0; i < N; i += 2) {
      float2 pair = reinterpret_cast<const float2 *>(from)[i / 2];
      to[i] = pair.x;
      to[i + 1] = pair.y;
    }
    return;
  }
  unsigned words[N / 2];
  if (N % 8 == 0) {
#pragma unroll
    for (int i = 0; i < N / 8; i++) {
      uint4 four = reinterpret_cast<const uint4 *>(from)[i];
      words[4 * i] = four.x;
      words[4 * i + 1] = four.y;
      words[4 * i + 2] = four.z;
      words[4 * i + 3] = four.w;
    }
  } else {
#pragma unroll
    for (int i = 0; i < N / 2; i++) {
      words[i] = reinterpret_cast<const unsigned *>(from)[i];
    }
  }
#pragma unroll
  for (int i = 0; i < N; i++) {
    to[i] = half_to_float(uint16_t(words[i / 2] >> (i % 2 * 16)));
  }
}

// What a warp works on; the lane's two queries are those of the tensor core's rows g and g + 8.
template <int BYTES, int HEAD_DIM>
struct Attention {
  static constexpr int TILES = HEAD_DIM / 8;
  static constexpr int GROUPS = (HEAD_DIM + CACHE_GROUP - 1) / CACHE_GROUP;
  const AttendArguments &args;
  const int *blocks;
  int kv_head;
  Query queries[2];
  Running running[2];
  float values[TILES][4];

  __device__ int first_visible(int position) const { return args.window == 0 || position < args.window ? 0 : position - args.window + 1; }

  __device__ const float *query(int half) const { return args.q + (int64_t(queries[half].row) * args.heads + queries[half].head) * HEAD_DIM; }

  // Scores of the queries with a block's 32 keys. Quanta are exact in tf32; their scale, one to a group of a key, comes to their products.
  __device__ void scores(const uint8_t *keys, float (&to)[4][4]) const {
    if (BYTES != 1) {
#pragma unroll
      for (int dim = 0; dim < HEAD_DIM; dim += 16) {
        add_scores(keys, dim, to);
      }
      return;
    }
#pragma unroll
    for (int group = 0; group < GROUPS; group++) {
      float parts[4][4] = {};
#pragma unroll
      for (int dim = group * CACHE_GROUP; dim < (group + 1) * CACHE_GROUP && dim < HEAD_DIM; dim += 16) {
        add_scores(keys, dim, parts);
      }
#pragma unroll
      for (int n = 0; n < 4; n++) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
          to[n][i] = fmaf(parts[n][i], group_scale(keys, n * 8 + lane() % 4 * 2 + i % 2, group), to[n][i]);
        }
      }
    }
  }

  // Of 16 elements.
  __device__ void add_scores(const uint8_t *keys, int dim, float (&to)[4][4]) const {
    int g = lane() / 4, j = lane() % 4;
    float q[2][4];
#pragma unroll
    for (int half = 0; half < 2; half++) {
#pragma unroll
      for (int i = 0; i < 4; i++) {
        q[half][i] = queries[half].position < 0 ? 0 : query(half)[dim + 4 * j + i];
      }
    }
#pragma unroll
    for (int n = 0; n < 4; n++) {
      float key[4];
      load_cached<BYTES, 4>(keys + (int64_t(n * 8 + g) * HEAD_DIM + dim + 4 * j) * BYTES, key);
#pragma unroll
      for (int i = 0; i < 4; i += 2) {
        const float a[4] = {q[0][i], q[1][i], q[0][i + 1], q[1][i + 1]};
        const Split b[2] = {split(key[i]), split(key[i + 1])};
        multiply(to[n], a, b);
      }
    }
  }

  // Of a token's keys, or values, where they are quanta.
  __device__ float group_scale(const uint8_t *quanta, int token, int group) const {
    return half_to_float(reinterpret_cast<const uint16_t *>(quanta + CACHE_BLOCK * HEAD_DIM)[token * GROUPS + group]);
  }

  // Where the cache holds halves or quanta, the low part of what comes from it is zero, and a product less is computed.
  __device__ void multiply(float (&c)[4], const float (&a)[4], const Split (&b)[2]) const {
    const Split s[4] = {split(a[0]), split(a[1]), split(a[2]), split(a[3])};
    const unsigned a_low[4] = {s[0].low, s[1].low, s[2].low, s[3].low}, a_high[4] = {s[0].high, s[1].high, s[2].high, s[3].high};
    const unsigned b_low[2] = {b[0].low, b[1].low}, b_high[2] = {b[0].high, b[1].high};
    mma_floats(c, a_low, b_high);
    if (BYTES == 4) {
      mma_floats(c, a_high, b_low);
    }
    mma_floats(c, a_high, b_high);
  }

  // Scores become weights; what was seen before is scaled to the new maximum.
  __device__ void weigh(int first_position, float (&scores)[4][4]) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      int position = queries[half].position, visible = first_visible(position);
      float largest = -INFINITY;
#pragma unroll
      for (int i = 0; i < 8; i++) {
        float &score = scores[i / 2][2 * half + i % 2];
        int at = first_position + i / 2 * 8 + lane() % 4 * 2 + i % 2;
        score *= args.scale;
        if (args.cap > 0) {
          score = args.cap * (1 - 2 / (expf(2 * score / args.cap) + 1));  // tanh, in a few instructions
        }
        score = at > position || at < visible ? -INFINITY : score;
        largest = greater_of(largest, score);
      }
      largest = greater_of(running[half].maximum, warp_quad_maximum(largest));
      bool blind = largest == -INFINITY;
      float correction = blind ? 1 : expf(running[half].maximum - largest);
      float sum = 0;
#pragma unroll
      for (int i = 0; i < 8; i++) {
        float &score = scores[i / 2][2 * half + i % 2];
        score = blind ? 0 : expf(score - largest);
        sum += score;
      }
      running[half] = {largest, fmaf(running[half].sum, correction, warp_quad_sum(sum))};
#pragma unroll
      for (int t = 0; t < TILES; t++) {
        values[t][2 * half] *= correction;
        values[t][2 * half + 1] *= correction;
      }
    }
  }

  // Adds a block's values. Column g of tile t is element g * TILES + t, so that a lane reads neighbours; of the tensor core's rows, j is token 2j and j + 4
  // token 2j + 1, so that the weights are where they are needed.
  __device__ void add_values(const uint8_t *from, int tokens, const float (&weights)[4][4]) {
    int g = lane() / 4, j = lane() % 4;
#pragma unroll
    for (int n = 0; n < 4; n++) {
      float v[2][TILES];
#pragma unroll
      for (int i = 0; i < 2; i++) {
        int token = n * 8 + 2 * j + i;
        // What lies behind the last token was never written, and zero times it may be no number.
        if (token < tokens) {
          load_cached<BYTES, TILES>(from + (int64_t(token) * HEAD_DIM + g * TILES) * BYTES, v[i]);
        } else {
#pragma unroll
          for (int t = 0; t < TILES; t++) {
            v[i][t] = 0;
          }
        }
      }
      const float a[4] = {weights[n][0], weights[n][2], weights[n][1], weights[n][3]};
#pragma unroll
      for (int t = 0; t < TILES; t++) {
        const Split b[2] = {split(v[0][t]), split(v[1][t])};
        multiply(values[t], a, b);
      }
    }
  }

  // The same of quanta. A tile's columns are of one group, whose scale goes with the weights; column g of a group's tile t is element g * width + t of it.
  __device__ void add_quanta(const uint8_t *from, int tokens, const float (&weights)[4][4]) {
#pragma unroll
    for (int n = 0; n < 4; n++) {
#pragma unroll
      for (int group = 0; group < HEAD_DIM / CACHE_GROUP; group++) {
        add_group<4>(from, n, group, tokens, weights[n]);
      }
      if (HEAD_DIM % CACHE_GROUP != 0) {
        add_group<2>(from, n, GROUPS - 1, tokens, weights[n]);
      }
    }
  }

  template <int WIDTH>
  __device__ void add_group(const uint8_t *from, int n, int group, int tokens, const float (&weights)[4]) {
    int g = lane() / 4, j = lane() % 4;
    float v[2][WIDTH], scales[2];
#pragma unroll
    for (int i = 0; i < 2; i++) {
      int token = n * 8 + 2 * j + i;
      bool there = token < tokens;
      scales[i] = there ? group_scale(from, token, group) : 0;
      if (there) {
        load_cached<BYTES, WIDTH>(from + token * HEAD_DIM + group * CACHE_GROUP + g * WIDTH, v[i]);
      } else {
#pragma unroll
        for (int t = 0; t < WIDTH; t++) {
          v[i][t] = 0;
        }
      }
    }
    const float a[4] = {weights[0] * scales[0], weights[2] * scales[0], weights[1] * scales[1], weights[3] * scales[1]};
#pragma unroll
    for (int t = 0; t < WIDTH; t++) {
      const Split b[2] = {split(v[0][t]), split(v[1][t])};
      multiply(values[group * 4 + t], a, b);
    }
  }

  // One part, from nothing.
  __device__ void part(int index, int first, int last) {
    running[0] = running[1] = {-INFINITY, 0};
#pragma unroll
    for (int t = 0; t < TILES; t++) {
      values[t][0] = values[t][1] = values[t][2] = values[t][3] = 0;
    }
    int begin = index * PART_TOKENS, end = begin + PART_TOKENS - 1;
    begin = begin > first ? begin : first / CACHE_BLOCK * CACHE_BLOCK;
    end = end < last ? end : last;
    for (int position = begin; position <= end; position += CACHE_BLOCK) {
      const uint8_t *keys = keys_of(args.cache, blocks[position / CACHE_BLOCK], kv_head);
      float weights[4][4] = {};
      scores(keys, weights);
      weigh(position, weights);
      if constexpr (BYTES == 1) {
        add_quanta(keys + args.cache.head_bytes, last - position + 1, weights);
      } else {
        add_values(keys + args.cache.head_bytes, last - position + 1, weights);
      }
    }
  }

  // The element that a lane holds in fragment i of tile t.
  __device__ int element(int t, int i) const {
    int column = lane() % 4 * 2 + i % 2;
    if (BYTES != 1) {
      return column * TILES + t;
    }
    int width = t / 4 < HEAD_DIM / CACHE_GROUP ? 4 : 2;
    return t / 4 * CACHE_GROUP + column * width + t % 4;
  }
};

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

// A warp per row and head.
KERNEL(join_parts, JoinArguments, 128) {
  int index = blockIdx.x * (blockDim.x / WARP) + warp();
  if (index >= args.rows * args.heads) {
    return;
  }
  int position = args.positions[index / args.heads];
  int first = args.window == 0 || position < args.window ? 0 : position - args.window + 1;
  for (int i = lane(); i < args.head_dim; i += WARP) {
    Running total = {-INFINITY, 0};
    float value = 0;
    for (int part = first / PART_TOKENS; part <= position / PART_TOKENS; part++) {
      const float *from = args.parts + (int64_t(part) * args.rows * args.heads + index) * (args.head_dim + 2);
      Join factors = join(total, {from[0], from[1]});
      value = fmaf(value, factors.before, from[2 + i] * factors.after);
    }
    args.out[int64_t(index) * args.head_dim + i] = value / total.sum;
  }
}
