// Drawing from a part of the tokens (Holtzman et al. 2019): what top-k, top-p and min-p keep is a beginning of the tokens in their order (larger logits first,
// of equals the lower number), so nothing needs all of them sorted: a bound that is surely low enough leaves some, and these are. Where it leaves more than
// fit, the host is told to look itself.
#pragma once

#include "logit_row.cuh"

constexpr int CANDIDATES_MAX = 4096;
constexpr int LEVELS = DRAW_THREADS;

struct DrawShared {
  uint64_t candidates[CANDIDATES_MAX];
  BlockNumbers numbers;
  int levels[LEVELS];
  int count, found;
  uint64_t kept;
};

struct Nucleus : LogitRow {
  DrawShared &shared;

  // How far a logit lies below the largest, roughly: for bounds that have room.
  __device__ float depth(float logit) const { return (largest - logit) / row.temperature; }

  // Of equal depths in one level, deeper ones in higher levels.
  __device__ int level_of(float depth) const {
    int level = int(depth * (LEVELS / 32.0f));
    return level < LEVELS - 1 ? level : LEVELS - 1;
  }

  // A level down to which there are at least the first k tokens, or all that weigh anything.
  __device__ int level_of_first(int k) {
    shared.levels[threadIdx.x] = 0;
    if (threadIdx.x == 0) {
      shared.found = LEVELS - 1;
    }
    __syncthreads();
    each(int(threadIdx.x), columns, DRAW_THREADS, [this](float value, int) {
      if (depth(value) < 31) {
        add_shared(&shared.levels[level_of(depth(value))], 1);
      }
    });
    __syncthreads();
    int here = shared.levels[threadIdx.x];
    uint64_t reached = running_sum(numbers, uint64_t(here));
    if (reached >= uint64_t(k) && reached - uint64_t(here) < uint64_t(k)) {
      shared.found = int(threadIdx.x);
    }
    __syncthreads();
    return shared.found;
  }

  // Collects all tokens down to a depth and a level; how many there are, though only as many as fit are kept.
  __device__ int collect(float deepest, int level) {
    if (threadIdx.x == 0) {
      shared.count = 0;
    }
    __syncthreads();
    each(int(threadIdx.x), columns, DRAW_THREADS, [this, deepest, level](float value, int token) {
      float below = depth(value);
      if (below <= deepest && level_of(below) <= level) {
        int at = add_shared(&shared.count, 1);
        if (at < CANDIDATES_MAX) {
          shared.candidates[at] = packed(value, token);
        }
      }
    });
    __syncthreads();
    return shared.count;
  }

  // Batcher 1968: the first comes first.
  __device__ void sort(int count) {
    int size = 2;
    while (size < count) {
      size *= 2;
    }
    for (int i = count + int(threadIdx.x); i < size; i += DRAW_THREADS) {
      shared.candidates[i] = 0;
    }
    for (int run = 2; run <= size; run *= 2) {
      for (int apart = run / 2; apart > 0; apart /= 2) {
        __syncthreads();
        for (int i = threadIdx.x; i < size; i += DRAW_THREADS) {
          uint64_t a = shared.candidates[i], b = shared.candidates[i | apart];
          bool falling = (i & run) == 0;
          if ((i & apart) == 0 && (falling ? a < b : a > b)) {
            shared.candidates[i] = b;
            shared.candidates[i | apart] = a;
          }
        }
      }
    }
    __syncthreads();
  }

  // -1 where more tokens come into question than fit.
  __device__ int draw() {
    bool limited = row.top_k > 0 && row.top_k < columns;
    uint64_t total = 0;
    float deepest = 30.5f;
    int level = LEVELS - 1;
    if (limited) {
      // All of them, whatever min-p says: top-p counts their weights.
      level = level_of_first(row.top_k);
    } else if (row.min_p > 0) {
      deepest = lower(deepest, -logf(row.min_p));
    }
    if (!limited && row.top_p < 1) {
      total = weights_in_all();
      double least = (1.0 - double(row.top_p)) * double(total) / columns * 0.999;
      deepest = lower(deepest, -logf(float(least / double(ONE))));
    }
    int count = collect(deepest, level);
    if (count > CANDIDATES_MAX) {
      return -1;
    }
    sort(count);
    return draw_sorted(limited && count > row.top_k ? row.top_k : count, limited, total);
  }

  // The lower bound of two, with room for what the logarithm and the depth are rounded by.
  __device__ static float lower(float deepest, float bound) {
    float roomy = bound * 1.0001f + 0.01f;
    return roomy < deepest ? roomy : deepest;
  }

  // Each thread has a few neighbouring candidates.
  __device__ int draw_sorted(int count, bool limited, uint64_t total) {
    constexpr int EACH = CANDIDATES_MAX / DRAW_THREADS;
    int each = ceil_div(count, DRAW_THREADS), begin = int(threadIdx.x) * each;
    uint64_t weights[EACH], own = 0;
#pragma unroll
    for (int i = 0; i < EACH; i++) {
      bool there = i < each && begin + i < count;
      weights[i] = there ? weight(of_ordered(unsigned(shared.candidates[begin + i] >> 32))) : 0;
      own += weights[i];
    }
    uint64_t before = running_sum(numbers, own) - own;
    if (limited) {
      total = numbers.longs[DRAW_THREADS - 1];
    }
    int kept = end_of_kept(weights, before, begin, each, count, total);
    pick(weights, before, begin, each, kept);
    return shared.found;
  }

  // The first that is not kept: enough were before it, or it weighs too little.
  template <int EACH>
  __device__ int end_of_kept(const uint64_t (&weights)[EACH], uint64_t before, int begin, int each, int count, uint64_t total) {
    uint64_t wanted = row.top_p < 1 ? uint64_t(ceil(double(row.top_p) * double(total))) : ~0ull;
    auto least = uint64_t(ceil(double(row.min_p) * double(ONE)));
    if (threadIdx.x == 0) {
      shared.count = count;
    }
    __syncthreads();
#pragma unroll
    for (int i = 0; i < EACH; i++) {
      int at = begin + i;
      if (i < each && at > 0 && at < count && (before >= wanted || weights[i] == 0 || weights[i] < least)) {
        least_shared(&shared.count, at);
      }
      before += weights[i];
    }
    __syncthreads();
    return shared.count;
  }

  // Leaves the token that the chance falls on in shared.found.
  template <int EACH>
  __device__ void pick(const uint64_t (&weights)[EACH], uint64_t before, int begin, int each, int kept) {
    uint64_t sum = before;
#pragma unroll
    for (int i = 0; i < EACH; i++) {
      sum += weights[i];
      if (i < each && begin + i == kept - 1) {
        shared.kept = sum;
      }
    }
    __syncthreads();
    uint64_t target = target_of(row.chance, shared.kept);
#pragma unroll
    for (int i = 0; i < EACH; i++) {
      if (i < each && begin + i < kept && before <= target && target < before + weights[i]) {
        shared.found = token_of(shared.candidates[begin + i]);
      }
      before += weights[i];
    }
    __syncthreads();
  }
};
