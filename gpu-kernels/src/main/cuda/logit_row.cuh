// A row of logits that a token is drawn from, and what a block of threads finds out about it. All threads of a block are in each function together.
#pragma once

#include "fixed_weights.cuh"

// What decides a row's token; as TokenDraw has it.
struct DrawRow {
  double chance;
  float temperature, top_p, min_p;
  float repetition, presence, frequency;
  int row, top_k;
  int first;                     // of its entries, those of the three lists one after the other
  int biased, seen, generated;   // how many of each
  int mask;                      // where its mask begins, in words; -1 where all tokens are allowed
  int weigh;                     // whether the sum of the weights at temperature 1 is wanted
};

// A logit that is changed: by a bias (a float's bits), because it was seen, or was generated so often.
struct DrawEntry {
  int token, value;
  float before;
};

struct DrawnRow {
  int token;
  float logit, largest;
  int unused;
  uint64_t weights;
};

constexpr int DRAW_THREADS = 1024;
constexpr uint64_t BROKEN = ~0ull;

// Pieces of a row, each with blocks of threads of its own where they can be looked at without each other: as many as a block of DRAW_THREADS has warps.
constexpr int PARTS = DRAW_THREADS / WARP;

// What was found in a piece of a row, before anything of it is changed: the first token, and the sums of weights.
struct DrawPart {
  uint64_t first, weights, at_one;
};

struct BlockNumbers {
  uint64_t longs[DRAW_THREADS];
};

INLINE uint64_t larger(uint64_t a, uint64_t b) { return a > b ? a : b; }
INLINE uint64_t both(uint64_t a, uint64_t b) { return a + b; }

// Over all threads of the block; every thread gets it.
template <uint64_t (*COMBINE)(uint64_t, uint64_t)>
INLINE uint64_t together(BlockNumbers &shared, uint64_t value) {
  __syncthreads();
  shared.longs[threadIdx.x] = value;
  for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) {
      shared.longs[threadIdx.x] = COMBINE(shared.longs[threadIdx.x], shared.longs[threadIdx.x + half]);
    }
  }
  __syncthreads();
  return shared.longs[0];
}

// The sum of what this thread and those before it bring.
INLINE uint64_t running_sum(BlockNumbers &shared, uint64_t value) {
  __syncthreads();
  shared.longs[threadIdx.x] = value;
  for (unsigned step = 1; step < DRAW_THREADS; step *= 2) {
    __syncthreads();
    uint64_t before = threadIdx.x >= step ? shared.longs[threadIdx.x - step] : 0;
    __syncthreads();
    shared.longs[threadIdx.x] += before;
  }
  __syncthreads();
  return shared.longs[threadIdx.x];
}

// Logits that a thread has on their way at a time.
constexpr int LOGITS_AHEAD = 8;

struct LogitRow {
  const DrawRow &row;
  float *logits;
  DrawEntry *entries;
  const DrawPart *parts;  // of the row as it is drawn from; null where it was changed
  const uint64_t *mask;
  int columns;
  BlockNumbers &numbers;
  float largest;  // of the logits as they are drawn from

  __device__ float logit(int token) const {
    bool allowed = mask == nullptr || (mask[token / 64] >> (token % 64) & 1) != 0;
    return allowed ? logits[token] : -INFINITY;
  }

  __device__ uint64_t weight(float logit) const { return weight_of((double(logit) - double(largest)) / double(row.temperature)); }

  // Shows a function this thread's part of some logits, of those `step` threads that share them.
  template <class F>
  __device__ void each(int begin, int end, int step, F f) const {
    for (int i = begin; i < end; i += LOGITS_AHEAD * step) {
      float values[LOGITS_AHEAD];
#pragma unroll
      for (int n = 0; n < LOGITS_AHEAD; n++) {
        values[n] = i + n * step < end ? logit(i + n * step) : 0;
      }
#pragma unroll
      for (int n = 0; n < LOGITS_AHEAD; n++) {
        if (i + n * step < end) {
          f(values[n], i + n * step);
        }
      }
    }
  }

  // The first of some tokens, packed; BROKEN where a logit is no number, or +infinity.
  __device__ uint64_t first_of(int begin, int end) const {
    uint64_t first = 0;
    each(begin + int(threadIdx.x), end, int(blockDim.x), [&first](float value, int token) {
      first = larger(first, value < INFINITY ? packed(value, token) : BROKEN);
    });
    return together<larger>(numbers, first);
  }

  __device__ uint64_t weights_at_one(int begin, int end) const {
    uint64_t sum = 0;
    float most = largest;
    each(begin + int(threadIdx.x), end, int(blockDim.x), [&sum, most](float value, int) { sum += weight_of((double(value) - double(most)) / 1.0); });
    return together<both>(numbers, sum);
  }

  __device__ uint64_t weights_of(int begin, int end) const {
    uint64_t sum = 0;
    each(begin + int(threadIdx.x), end, int(blockDim.x), [&sum, this](float value, int) { sum += weight(value); });
    return together<both>(numbers, sum);
  }

  // What all pieces come to together.
  template <uint64_t (*COMBINE)(uint64_t, uint64_t)>
  __device__ uint64_t of_parts(const DrawPart *pieces, uint64_t DrawPart::*what) const {
    return together<COMBINE>(numbers, threadIdx.x < PARTS ? pieces[threadIdx.x].*what : 0);
  }

  __device__ uint64_t weights_in_all() const { return parts == nullptr ? weights_of(0, columns) : of_parts<both>(parts, &DrawPart::weights); }

  // Walks the weights in the order of the tokens' numbers: which of a warp's pieces holds the target, and of that piece again.
  __device__ int draw_in_order() {
    uint64_t target = 0;
    int begin = 0, end = columns;
    for (bool whole = true; whole || end - begin > 1; whole = false) {
      int piece = ceil_div(end - begin, WARP);
      int from = begin + warp() * piece, to = from + piece < end ? from + piece : end;
      uint64_t sum = 0;
      if (whole && parts != nullptr) {
        sum = lane() == 0 ? parts[warp()].weights : 0;
      } else {
        each(from + lane(), to, WARP, [&sum, this](float value, int) { sum += weight(value); });
      }
      __syncthreads();
      numbers.longs[threadIdx.x] = sum;
      __syncthreads();
      if (lane() == 0) {
        for (int i = 1; i < WARP; i++) {
          sum += numbers.longs[threadIdx.x + i];
        }
        numbers.longs[threadIdx.x] = sum;
      }
      __syncthreads();
      if (whole) {
        uint64_t total = 0;
        for (int i = 0; i < WARP; i++) {
          total += numbers.longs[i * WARP];
        }
        target = target_of(row.chance, total);
      }
      int chosen = 0;
      while (chosen < WARP - 1 && numbers.longs[chosen * WARP] <= target) {
        target -= numbers.longs[chosen++ * WARP];
      }
      begin += chosen * piece;
      end = begin + piece < end ? begin + piece : end;
    }
    return begin;
  }
};
