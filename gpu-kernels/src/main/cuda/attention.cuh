// Softmax attention over the cache's blocks, on tensor cores in tf32 (Dao et al. 2022).
//
// A warp takes 16 queries: neighbouring rows of one sequence, and the heads that share a key-value head. Positions are cut into parts of a fixed length; a
// part is computed by itself and parts are joined in order, by the same function whether one warp does all of a query's parts (prompts) or each its own
// (decoding, where there are too few queries to fill a device). So a row's result has the same bits however its prompt was cut and whoever else is there.
#pragma once

#include "cached.cuh"
#include "softmax.cuh"
#include "tensor_cores.cuh"

// Short, because a warp takes about two microseconds for a block of the cache, and with one sequence there is nobody else.
constexpr int PART_TOKENS = 64;
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

  // Asks for a block's keys and values, which lie together, while the one before is worked on.
  __device__ void fetch(const uint8_t *keys) const {
    for (int64_t at = lane() * LINE; at < 2 * args.cache.head_bytes; at += WARP * LINE) {
      fetch_line(keys + at);
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
      if (position + CACHE_BLOCK <= end) {
        fetch(keys_of(args.cache, blocks[position / CACHE_BLOCK + 1], kv_head));
      }
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
