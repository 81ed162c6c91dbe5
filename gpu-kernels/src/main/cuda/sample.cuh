// From logits to tokens, so that a few numbers come back instead of a vocabulary's floats.
//
// The same token as the host's sampler draws (SeededSampler, Nucleus, FixedWeights in the engine): weights are whole numbers made by the same double
// multiplications and additions, so their sums have one value in whatever order they are added; all else is comparisons. What a filter keeps is a beginning
// of the tokens in their order (larger logits first, of equals the lower number), so nothing needs all of them sorted: a bound that is surely low enough
// leaves some, and these are. Where it leaves more than fit, the host is told to look itself.
#pragma once

#include "device.cuh"

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

struct DrawArguments {
  float *logits;
  const DrawRow *rows;
  DrawEntry *entries;
  const uint64_t *masks;
  DrawnRow *drawn;
  int columns;
};

constexpr int DRAW_THREADS = 1024;
constexpr int CANDIDATES_MAX = 4096;
constexpr int LEVELS = DRAW_THREADS;
constexpr uint64_t BROKEN = ~0ull;
constexpr uint64_t ONE = 1ull << 42;
// From here down a weight would be rounded to zero.
constexpr double NOTHING = -30;

struct DrawShared {
  uint64_t candidates[CANDIDATES_MAX];
  uint64_t longs[DRAW_THREADS];
  int levels[LEVELS];
  int count, found;
  uint64_t kept;
};

// Two floats as integers that have their order; minus zero is zero.
INLINE unsigned ordered(float value) {
  unsigned bits = float_to_bits(value + 0.0f);
  return bits >> 31 != 0 ? ~bits : bits | 0x80000000u;
}

INLINE float of_ordered(unsigned bits) { return bits_to_float(bits >> 31 != 0 ? bits & 0x7fffffffu : ~bits); }

// The larger comes first: the larger logit, of equals the lower number.
INLINE uint64_t packed(float logit, int token) { return uint64_t(ordered(logit)) << 32 | (0x7fffffffu - unsigned(token)); }

INLINE int token_of(uint64_t packed) { return int(0x7fffffffu - unsigned(packed)); }

INLINE double two_to(int exponent) {
  uint64_t bits = uint64_t(1023 + exponent) << 52;
#ifdef __CUDACC__
  return __longlong_as_double(int64_t(bits));
#else
  double value;
  memcpy(&value, &bits, 8);
  return value;
#endif
}

// e^scaled in parts of ONE; operation by operation what FixedWeights does.
INLINE uint64_t weight_of(double scaled) {
  if (!(scaled > NOTHING)) {
    return 0;
  }
  int halvings = int(0.5 - scaled * 1.4426950408889634);
  double rest = (scaled + halvings * 0x1.62e42feep-1) + halvings * 0x1.a39ef35793c76p-33;
  double sum = 0x1.ae64567f544e4p-26;
  sum = sum * rest + 0x1.27e4fb7789f5cp-22;
  sum = sum * rest + 0x1.71de3a556c734p-19;
  sum = sum * rest + 0x1.a01a01a01a01ap-16;
  sum = sum * rest + 0x1.a01a01a01a01ap-13;
  sum = sum * rest + 0x1.6c16c16c16c17p-10;
  sum = sum * rest + 0x1.1111111111111p-7;
  sum = sum * rest + 0x1.5555555555555p-5;
  sum = sum * rest + 0x1.5555555555555p-3;
  sum = sum * rest + 0.5;
  sum = sum * rest + 1;
  sum = sum * rest + 1;
  return uint64_t(sum * two_to(42 - halvings) + 0.5);
}

// Which part of so many weights a chance falls on.
INLINE uint64_t target_of(double chance, uint64_t kept) {
  uint64_t target = uint64_t(chance * double(kept));
  return target < kept - 1 ? target : kept - 1;
}

INLINE uint64_t larger(uint64_t a, uint64_t b) { return a > b ? a : b; }
INLINE uint64_t both(uint64_t a, uint64_t b) { return a + b; }

// Over all threads of the block; every thread gets it.
template <uint64_t (*COMBINE)(uint64_t, uint64_t)>
INLINE uint64_t together(DrawShared &shared, uint64_t value) {
  __syncthreads();
  shared.longs[threadIdx.x] = value;
  for (unsigned half = DRAW_THREADS / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) {
      shared.longs[threadIdx.x] = COMBINE(shared.longs[threadIdx.x], shared.longs[threadIdx.x + half]);
    }
  }
  __syncthreads();
  return shared.longs[0];
}

// The sum of what this thread and those before it bring.
INLINE uint64_t running_sum(DrawShared &shared, uint64_t value) {
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

// A row on its way to a token. All threads of a block are in each function together.
struct Drawing {
  const DrawRow &row;
  float *logits;
  DrawEntry *entries;
  const uint64_t *mask;
  int columns;
  DrawShared &shared;
  float largest;  // of the logits as they are drawn from

  __device__ float logit(int token) const {
    bool allowed = mask == nullptr || (mask[token / 64] >> (token % 64) & 1) != 0;
    return allowed ? logits[token] : -INFINITY;
  }

  __device__ uint64_t weight(float logit) const { return weight_of((double(logit) - double(largest)) / double(row.temperature)); }

  // The first of all tokens, packed; BROKEN where a logit is no number, or +infinity.
  __device__ uint64_t first_of(bool masked) {
    uint64_t first = 0;
    for (int i = threadIdx.x; i < columns; i += DRAW_THREADS) {
      float value = masked ? logit(i) : logits[i];
      first = larger(first, value < INFINITY ? packed(value, i) : BROKEN);
    }
    return together<larger>(shared, first);
  }

  __device__ uint64_t weights_at_one(float most) {
    uint64_t sum = 0;
    for (int i = threadIdx.x; i < columns; i += DRAW_THREADS) {
      sum += weight_of((double(logits[i]) - double(most)) / 1.0);
    }
    return together<both>(shared, sum);
  }

  __device__ uint64_t weights_in_all() {
    uint64_t sum = 0;
    for (int i = threadIdx.x; i < columns; i += DRAW_THREADS) {
      sum += weight(logit(i));
    }
    return together<both>(shared, sum);
  }

  // Bias, repetition, presence and frequency, in this order; a list names each token once.
  __device__ void adjust() {
    int count = row.biased + row.seen + row.generated;
    if (count == 0) {
      return;
    }
    change(0, row.biased, [](float logit, int value) { return logit + bits_to_float(unsigned(value)); });
    float repetition = row.repetition, presence = row.presence, frequency = row.frequency;
    change(row.biased, row.seen, [repetition](float logit, int) { return logit > 0 ? logit / repetition : logit * repetition; });
    change(row.biased + row.seen, row.generated, [presence, frequency](float logit, int value) { return logit - (presence + frequency * float(value)); });
  }

  template <class F>
  __device__ void change(int first, int count, F f) {
    __syncthreads();
    for (int i = threadIdx.x; i < count; i += DRAW_THREADS) {
      DrawEntry &entry = entries[first + i];
      entry.before = logits[entry.token];
      logits[entry.token] = f(entry.before, entry.value);
    }
    __syncthreads();
  }

  // Whoever looks next finds the logits as they were.
  __device__ void restore() {
    restore(row.biased + row.seen, row.generated);
    restore(row.biased, row.seen);
    restore(0, row.biased);
  }

  __device__ void restore(int first, int count) {
    __syncthreads();
    for (int i = threadIdx.x; i < count; i += DRAW_THREADS) {
      logits[entries[first + i].token] = entries[first + i].before;
    }
    __syncthreads();
  }

  // Walks the weights in the order of the tokens' numbers: which of a warp's pieces holds the target, and of that piece again.
  __device__ int draw_in_order() {
    uint64_t target = 0;
    int begin = 0, end = columns;
    for (bool whole = true; whole || end - begin > 1; whole = false) {
      int piece = ceil_div(end - begin, WARP);
      int from = begin + warp() * piece, to = from + piece < end ? from + piece : end;
      uint64_t sum = 0;
      for (int i = from + lane(); i < to; i += WARP) {
        sum += weight(logit(i));
      }
      __syncthreads();
      shared.longs[threadIdx.x] = sum;
      __syncthreads();
      if (lane() == 0) {
        for (int i = 1; i < WARP; i++) {
          sum += shared.longs[threadIdx.x + i];
        }
        shared.longs[threadIdx.x] = sum;
      }
      __syncthreads();
      if (whole) {
        uint64_t total = 0;
        for (int i = 0; i < WARP; i++) {
          total += shared.longs[i * WARP];
        }
        target = target_of(row.chance, total);
      }
      int chosen = 0;
      while (chosen < WARP - 1 && shared.longs[chosen * WARP] <= target) {
        target -= shared.longs[chosen++ * WARP];
      }
      begin += chosen * piece;
      end = begin + piece < end ? begin + piece : end;
    }
    return begin;
  }

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
    for (int i = threadIdx.x; i < columns; i += DRAW_THREADS) {
      float value = depth(logit(i));
      if (value < 31) {
        add_shared(&shared.levels[level_of(value)], 1);
      }
    }
    __syncthreads();
    int here = shared.levels[threadIdx.x];
    uint64_t reached = running_sum(shared, uint64_t(here));
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
    for (int i = threadIdx.x; i < columns; i += DRAW_THREADS) {
      float value = logit(i), below = depth(value);
      if (below <= deepest && level_of(below) <= level) {
        int at = add_shared(&shared.count, 1);
        if (at < CANDIDATES_MAX) {
          shared.candidates[at] = packed(value, i);
        }
      }
    }
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
  __device__ int draw_filtered() {
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
    uint64_t before = running_sum(shared, own) - own;
    if (limited) {
      total = shared.longs[DRAW_THREADS - 1];
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

// A block of threads per row.
KERNEL(draw_tokens, DrawArguments, 1024) {
  SHARED(DrawShared, shared);
  const DrawRow &row = args.rows[blockIdx.x];
  Drawing drawing = {row,          args.logits + int64_t(row.row) * args.columns, args.entries + row.first, row.mask < 0 ? nullptr : args.masks + row.mask,
                     args.columns, shared,                                        0};
  unsigned none = ordered(-INFINITY);
  uint64_t first = drawing.first_of(false);
  bool there = first != BROKEN && unsigned(first >> 32) != none;
  float most = of_ordered(unsigned(first >> 32));
  int token = -1;
  uint64_t weights = 0;
  if (there) {
    weights = row.weigh ? drawing.weights_at_one(most) : 0;
    drawing.adjust();
    bool changed = row.mask >= 0 || row.biased + row.seen + row.generated > 0;
    first = changed ? drawing.first_of(true) : first;
    if (unsigned(first >> 32) != none) {
      drawing.largest = of_ordered(unsigned(first >> 32));
      bool filtered = row.top_p < 1 || row.min_p > 0 || (row.top_k > 0 && row.top_k < args.columns);
      token = row.temperature == 0 ? token_of(first) : filtered ? drawing.draw_filtered() : drawing.draw_in_order();
    }
    drawing.restore();
  }
  if (threadIdx.x == 0) {
    args.drawn[blockIdx.x] = {token, token < 0 ? 0 : drawing.logits[token], most, 0, weights};
  }
}
