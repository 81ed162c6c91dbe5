// Choosing experts, and putting their results together (Shazeer et al. 2017). The products between are those of matvec.cuh and matmul.cuh.
#pragma once

#include "rows.cuh"

constexpr int EXPERTS_MAX = 1024;

struct RouteArguments {
  const float *logits;  // [rows, experts]
  int *chosen;          // [rows, used]
  float *shares;        // [rows, used]
  int experts, used;
  int scaled;  // whether the shares of those used sum to one
};

struct RouteShared {
  float logits[EXPERTS_MAX];
  float weights[EXPERTS_MAX];
};

// Whether one expert goes before another: the larger logit, of equals the lower number. What is no number goes first, so that it is not lost.
INLINE bool goes_before(float a, int a_index, float b, int b_index) {
  bool a_broken = a != a, b_broken = b != b;
  if (a_broken || b_broken || a == b) {
    return a_broken == b_broken ? a_index < b_index : a_broken;
  }
  return a > b;
}

// A block of threads per row, a thread per expert: its rank is how many go before it.
KERNEL(route, RouteArguments, 1024) {
  SHARED(RouteShared, shared);
  int expert = threadIdx.x;
  if (expert < args.experts) {
    shared.logits[expert] = args.logits[int64_t(blockIdx.x) * args.experts + expert];
  }
  __syncthreads();
  int rank = 0;
  float own = expert < args.experts ? shared.logits[expert] : 0;
  for (int i = 0; i < args.experts; i++) {
    rank += goes_before(shared.logits[i], i, own, expert);
  }
  bool used = expert < args.experts && rank < args.used;
  if (used) {
    args.chosen[int64_t(blockIdx.x) * args.used + rank] = expert;
    shared.weights[rank] = own;
  }
  __syncthreads();
  if (used) {
    // Of those used in their order; of all in the order of their numbers.
    const float *whole = args.scaled ? shared.weights : shared.logits;
    int count = args.scaled ? args.used : args.experts;
    float sum = 0;
    for (int i = 0; i < count; i++) {
      sum += expf(whole[i] - shared.weights[0]);
    }
    args.shares[int64_t(blockIdx.x) * args.used + rank] = expf(own - shared.weights[0]) / sum;
  }
}

struct ListArguments {
  const int *chosen;  // of each slot
  int *first;         // [experts + 1]
  int *slots;         // by expert, upwards
  int count, experts;
};

constexpr int LIST_THREADS = 256;

// What each thread finds in its part of the slots: those of experts before, and those of this one.
struct ListShared {
  int before[LIST_THREADS], own[LIST_THREADS];
};

// A block of threads per expert; each thread has some neighbouring slots.
KERNEL(list_slots, ListArguments, 256) {
  SHARED(ListShared, shared);
  int expert = blockIdx.x, each = ceil_div(args.count, LIST_THREADS), begin = int(threadIdx.x) * each;
  int end = begin + each < args.count ? begin + each : args.count;
  int before = 0, own = 0;
  for (int i = begin; i < end; i++) {
    before += args.chosen[i] < expert;
    own += args.chosen[i] == expert;
  }
  shared.before[threadIdx.x] = before;
  shared.own[threadIdx.x] = own;
  __syncthreads();
  int first = 0, at = 0;
  for (int i = 0; i < LIST_THREADS; i++) {
    first += shared.before[i];
    at += i < int(threadIdx.x) ? shared.own[i] : 0;
  }
  if (threadIdx.x == 0) {
    args.first[expert] = first;
    if (expert == args.experts - 1) {
      args.first[args.experts] = args.count;
    }
  }
  for (int i = begin; i < end; i++) {
    if (args.chosen[i] == expert) {
      args.slots[first + at++] = i;
    }
  }
}

struct MixArguments {
  const float *results;  // [rows * used, columns]
  const float *shares;
  float *x;
  int64_t count;
  int columns, used;
};

// Adds each row's experts in the order of their shares: the row's own order, not the batch's.
KERNEL(mix_experts, MixArguments, 256) {
  int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= args.count) {
    return;
  }
  int64_t row = i / args.columns, column = i % args.columns;
  float value = args.x[i];
  for (int n = 0; n < args.used; n++) {
    int64_t slot = row * args.used + n;
    value = fmaf(args.results[slot * args.columns + column], args.shares[slot], value);
  }
  args.x[i] = value;
}
