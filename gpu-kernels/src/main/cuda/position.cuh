// What depends on a token's position: turning heads, and the cache of keys and values.
#pragma once

#include "device.cuh"

struct AnglesArguments {
  const int *positions;
  const double *frequencies;
  float *cosines;  // [rows, pairs]
  float *sines;
  double magnitude;
  int rows, pairs;
};

// Once a step for all layers. In double: at position 100,000 a float's angle is off by a hundredth.
KERNEL(angles, AnglesArguments, 128) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= args.rows * args.pairs) {
    return;
  }
  double angle = args.positions[i / args.pairs] * args.frequencies[i % args.pairs];
  args.cosines[i] = float(cos(angle) * args.magnitude);
  args.sines[i] = float(sin(angle) * args.magnitude);
}

// Which sequence a row belongs to, and where that sequence's blocks are.
struct Tables {
  const int *positions;  // of each row
  const int *sequences;  // of each row
  const int *starts;     // of each sequence's blocks in `blocks`
  const int *blocks;
};

constexpr int CACHE_BLOCK = 32;

// Elements of a head that share a scale, where the cache holds quanta.
constexpr int CACHE_GROUP = 32;

// A block of the cache holds, for each layer and head, keys as [32, head_dim] and then values as [32, head_dim]. Quanta are signed bytes; their scales, halves
// as [32, groups], follow them.
struct Cache {
  uint8_t *base;
  int64_t block_bytes;
  int64_t layer_offset;
  int64_t head_bytes;  // of keys, or of values
};

INLINE uint8_t *keys_of(const Cache &cache, int block, int head) {
  return cache.base + block * cache.block_bytes + cache.layer_offset + 2 * head * cache.head_bytes;
}

struct PlaceArguments {
  Tables tables;
  Cache cache;
  float *queries;  // [rows, heads, head_dim]; turned where they are
  const float *keys;
  const float *values;
  const float *cosines;  // [rows, pairs]
  const float *sines;
  int heads, kv_heads;  // of either may be none
  int head_dim, pairs;  // pairs of a head that are turned
  int neighbours, element_bytes;
  int rows;
  Ahead ahead;
};

// One of a head's elements as its row's position turns it.
INLINE float turned(const PlaceArguments &args, const float *x, int row, int element) {
  if (element >= 2 * args.pairs) {
    return x[element];
  }
  bool second = args.neighbours ? element % 2 != 0 : element >= args.pairs;
  int pair = args.neighbours ? element / 2 : second ? element - args.pairs : element;
  int other = args.neighbours ? element ^ 1 : second ? pair : pair + args.pairs;
  int64_t angle = int64_t(row) * args.pairs + pair;
  float cosine = args.cosines[angle], sine = args.sines[angle];
  return second ? x[element] * cosine + x[other] * sine : x[element] * cosine - x[other] * sine;
}

// Blocks of threads share rows, or several one row: the first thread, and how many there are.
struct Share {
  int row, first, step;
};

INLINE Share own_share() { return {int(blockIdx.x), int(blockIdx.y * blockDim.x + threadIdx.x), int(gridDim.y * blockDim.x)}; }

INLINE void turn_queries(const PlaceArguments &args, const Share &share) {
  for (int i = share.first; i < args.heads * args.pairs; i += share.step) {
    int pair = i % args.pairs;
    float *x = args.queries + (int64_t(share.row) * args.heads + i / args.pairs) * args.head_dim;
    int first = args.neighbours ? 2 * pair : pair, second = args.neighbours ? first + 1 : pair + args.pairs;
    float a = turned(args, x, share.row, first), b = turned(args, x, share.row, second);
    x[first] = a;
    x[second] = b;
  }
}

// Where a row's keys and values of a head go, and which of the block's 32 it is.
INLINE uint8_t *keys_of_row(const PlaceArguments &args, int row, int head) {
  const int *blocks = args.tables.blocks + args.tables.starts[args.tables.sequences[row]];
  return keys_of(args.cache, blocks[args.tables.positions[row] / CACHE_BLOCK], head);
}

// Turns queries and keys, and brings keys and values into the cache. Blocks of threads behind the rows fetch ahead.
KERNEL(place, PlaceArguments, 256) {
  if (int(blockIdx.x) >= args.rows) {
    fetch_piece(args.ahead, (int(blockIdx.x) - args.rows) * int(gridDim.y) + int(blockIdx.y));
    return;
  }
  Share share = own_share();
  turn_queries(args, share);
  for (int i = share.first; i < args.kv_heads * args.head_dim; i += share.step) {
    int head = i / args.head_dim, element = i % args.head_dim;
    int64_t from = (int64_t(share.row) * args.kv_heads + head) * args.head_dim;
    float key = turned(args, args.keys + from, share.row, element), value = args.values[from + element];
    uint8_t *to = keys_of_row(args, share.row, head);
    int64_t at = int64_t(args.tables.positions[share.row] % CACHE_BLOCK) * args.head_dim + element;
    if (args.element_bytes == 4) {
      reinterpret_cast<float *>(to)[at] = key;
      reinterpret_cast<float *>(to + args.cache.head_bytes)[at] = value;
    } else {
      reinterpret_cast<uint16_t *>(to)[at] = float_to_half(key);
      reinterpret_cast<uint16_t *>(to + args.cache.head_bytes)[at] = float_to_half(value);
    }
  }
}

// The same into a cache of quanta, as Q8_0: the largest magnitude of a group becomes 127. A warp per group of keys, or of values.
KERNEL(place_quanta, PlaceArguments, 256) {
  if (int(blockIdx.x) >= args.rows) {
    fetch_piece(args.ahead, (int(blockIdx.x) - args.rows) * int(gridDim.y) + int(blockIdx.y));
    return;
  }
  Share share = own_share();
  turn_queries(args, share);
  int slot = args.kv_heads == 0 ? 0 : args.tables.positions[share.row] % CACHE_BLOCK;
  int groups = ceil_div(args.head_dim, CACHE_GROUP);
  for (int i = share.first / WARP; i < 2 * args.kv_heads * groups; i += share.step / WARP) {
    int group = i / 2 % groups, head = i / 2 / groups, element = group * CACHE_GROUP + lane();
    bool there = element < args.head_dim, value_wanted = i % 2 != 0;
    int64_t from = (int64_t(share.row) * args.kv_heads + head) * args.head_dim;
    uint8_t *to = keys_of_row(args, share.row, head) + (value_wanted ? args.cache.head_bytes : 0);
    float value = 0;
    if (there) {
      value = value_wanted ? args.values[from + element] : turned(args, args.keys + from, share.row, element);
    }
    uint16_t bits = float_to_half(warp_maximum(fabsf(value)) / 127);
    float scale = half_to_float(bits);
    int quantum = scale == 0 ? 0 : round_to_int(value / scale);
    // The scale was rounded itself, so the largest may come out a little beyond.
    quantum = quantum > 127 ? 127 : quantum < -127 ? -127 : quantum;
    if (there) {
      reinterpret_cast<int8_t *>(to)[slot * args.head_dim + element] = int8_t(quantum);
    }
    if (lane() == 0) {
      reinterpret_cast<uint16_t *>(to + CACHE_BLOCK * args.head_dim)[slot * groups + group] = bits;
    }
  }
}
