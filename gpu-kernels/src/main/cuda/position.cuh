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

struct RotateArguments {
  float *x;
  const float *cosines;
  const float *sines;
  int rows, heads, head_dim, pairs;
  int neighbours;
};

// A thread per pair of elements.
KERNEL(rotate, RotateArguments, 256) {
  int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= int64_t(args.rows) * args.heads * args.pairs) {
    return;
  }
  int pair = int(i % args.pairs);
  int64_t head = i / args.pairs;
  int64_t row = head / args.heads;
  float *x = args.x + head * args.head_dim;
  int first = args.neighbours ? 2 * pair : pair;
  int second = args.neighbours ? first + 1 : pair + args.pairs;
  float cosine = args.cosines[row * args.pairs + pair], sine = args.sines[row * args.pairs + pair];
  float a = x[first], b = x[second];
  x[first] = a * cosine - b * sine;
  x[second] = b * cosine + a * sine;
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

struct StoreArguments {
  Tables tables;
  Cache cache;
  const float *keys;
  const float *values;
  int heads, head_dim, element_bytes;
};

// A block of threads per row.
KERNEL(store, StoreArguments, 128) {
  int row = blockIdx.x, position = args.tables.positions[row];
  const int *blocks = args.tables.blocks + args.tables.starts[args.tables.sequences[row]];
  int block = blocks[position / CACHE_BLOCK];
  for (int i = threadIdx.x; i < args.heads * args.head_dim; i += blockDim.x) {
    uint8_t *to = keys_of(args.cache, block, i / args.head_dim);
    int64_t at = int64_t(position % CACHE_BLOCK) * args.head_dim + i % args.head_dim;
    int64_t from = int64_t(row) * args.heads * args.head_dim + i;
    if (args.element_bytes == 4) {
      reinterpret_cast<float *>(to)[at] = args.keys[from];
      reinterpret_cast<float *>(to + args.cache.head_bytes)[at] = args.values[from];
    } else {
      reinterpret_cast<uint16_t *>(to)[at] = float_to_half(args.keys[from]);
      reinterpret_cast<uint16_t *>(to + args.cache.head_bytes)[at] = float_to_half(args.values[from]);
    }
  }
}

// The same into a cache of quanta, as Q8_0: the largest magnitude of a group becomes 127. A warp per group of keys, or of values.
KERNEL(store_quanta, StoreArguments, 128) {
  int row = blockIdx.x, position = args.tables.positions[row], slot = position % CACHE_BLOCK;
  const int *blocks = args.tables.blocks + args.tables.starts[args.tables.sequences[row]];
  int groups = ceil_div(args.head_dim, CACHE_GROUP);
  for (int i = warp(); i < 2 * args.heads * groups; i += int(blockDim.x / WARP)) {
    int group = i / 2 % groups, head = i / 2 / groups, element = group * CACHE_GROUP + lane();
    bool there = element < args.head_dim;
    const float *from = (i % 2 == 0 ? args.keys : args.values) + (int64_t(row) * args.heads + head) * args.head_dim;
    uint8_t *to = keys_of(args.cache, blocks[position / CACHE_BLOCK], head) + i % 2 * args.cache.head_bytes;
    float value = there ? from[element] : 0;
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
