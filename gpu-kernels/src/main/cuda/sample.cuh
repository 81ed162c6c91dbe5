// From logits to tokens, so that a few integers come back instead of a vocabulary's floats.
#pragma once

#include "device.cuh"

struct MostLikelyArguments {
  const float *logits;
  int *tokens;
  int columns;
};

struct Candidates {
  float logits[256];
  int tokens[256];
};

// The most likely token of each row, of equals the lowest; -1 where a logit is no number, +infinity, or all are -infinity. A block of threads per row.
KERNEL(most_likely, MostLikelyArguments, 256) {
  SHARED(Candidates, shared);
  const float *logits = args.logits + int64_t(blockIdx.x) * args.columns;
  float best = -INFINITY;
  int token = -1;
  bool broken = false;
  for (int i = threadIdx.x; i < args.columns; i += blockDim.x) {
    float logit = logits[i];
    broken |= !(logit < INFINITY);
    if (logit > best) {
      best = logit;
      token = i;
    }
  }
  shared.logits[threadIdx.x] = broken ? INFINITY : best;
  shared.tokens[threadIdx.x] = broken ? -1 : token;
  for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) {
      float other = shared.logits[threadIdx.x + half], own = shared.logits[threadIdx.x];
      int other_token = shared.tokens[threadIdx.x + half], own_token = shared.tokens[threadIdx.x];
      bool lower = unsigned(other_token) < unsigned(own_token);
      if (other > own || (other == own && other < INFINITY && lower)) {
        shared.logits[threadIdx.x] = other;
        shared.tokens[threadIdx.x] = other_token;
      }
    }
  }
  if (threadIdx.x == 0) {
    args.tokens[blockIdx.x] = shared.tokens[0];
  }
}
