// From logits to tokens, so that a few numbers come back instead of a vocabulary's floats.
//
// The same token as the host's sampler draws (SeededSampler, Nucleus, FixedWeights in the engine): weights are whole numbers, all else is comparisons.
#pragma once

#include "nucleus.cuh"

struct DrawArguments {
  float *logits;
  const DrawRow *rows;
  DrawEntry *entries;
  const uint64_t *masks;
  DrawnRow *drawn;
  DrawPart *parts;  // [rows, PARTS]
  int columns;
};

// Changes a row's logits for as long as it is drawn from.
struct Adjusted {
  Nucleus &drawing;

  // Bias, repetition, presence and frequency, in this order; a list names each token once.
  __device__ void adjust() {
    const DrawRow &row = drawing.row;
    if (row.biased + row.seen + row.generated == 0) {
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
      DrawEntry &entry = drawing.entries[first + i];
      entry.before = drawing.logits[entry.token];
      drawing.logits[entry.token] = f(entry.before, entry.value);
    }
    __syncthreads();
  }

  // Whoever looks next finds the logits as they were.
  __device__ void restore() {
    restore(drawing.row.biased + drawing.row.seen, drawing.row.generated);
    restore(drawing.row.biased, drawing.row.seen);
    restore(0, drawing.row.biased);
  }

  __device__ void restore(int first, int count) {
    __syncthreads();
    for (int i = threadIdx.x; i < count; i += DRAW_THREADS) {
      drawing.logits[drawing.entries[first + i].token] = drawing.entries[first + i].before;
    }
    __syncthreads();
  }
};

constexpr unsigned NONE = 0x007fffff;  // minus infinity, ordered

// Whether anything but the file's own logits decides.
INLINE bool is_changed(const DrawRow &row) { return row.mask >= 0 || row.biased + row.seen + row.generated > 0; }

INLINE bool is_limited(const DrawRow &row, int columns) { return row.top_k > 0 && row.top_k < columns; }

INLINE LogitRow logit_row(const DrawArguments &args, const DrawRow &row, BlockNumbers &numbers) {
  return {row, args.logits + int64_t(row.row) * args.columns, args.entries + row.first, nullptr, nullptr, args.columns, numbers, 0};
}

// A piece of a row: of how many, as draw_in_order cuts it.
struct Piece {
  int begin, end;
};

INLINE Piece piece_of(int columns, int index) {
  int each = ceil_div(columns, PARTS), begin = index * each;
  return {begin < columns ? begin : columns, begin + each < columns ? begin + each : columns};
}

// The first token of each piece of a row, a block of threads a piece.
KERNEL(draw_firsts, DrawArguments, 256) {
  SHARED(BlockNumbers, shared);
  LogitRow row = logit_row(args, args.rows[blockIdx.x], shared);
  Piece piece = piece_of(args.columns, blockIdx.y);
  uint64_t first = row.first_of(piece.begin, piece.end);
  if (threadIdx.x == 0) {
    args.parts[blockIdx.x * PARTS + blockIdx.y].first = first;
  }
}

// After that the weights of each piece, where anybody wants them.
KERNEL(draw_weights, DrawArguments, 256) {
  SHARED(BlockNumbers, shared);
  const DrawRow &drawn = args.rows[blockIdx.x];
  LogitRow row = logit_row(args, drawn, shared);
  DrawPart *parts = args.parts + int64_t(blockIdx.x) * PARTS;
  Piece piece = piece_of(args.columns, blockIdx.y);
  uint64_t first = row.of_parts<larger>(parts, &DrawPart::first), weights = 0, at_one = 0;
  if (first != BROKEN && unsigned(first >> 32) != NONE) {
    row.largest = of_ordered(unsigned(first >> 32));
    bool wanted = drawn.temperature > 0 && !is_changed(drawn) && !is_limited(drawn, args.columns);
    weights = wanted ? row.weights_of(piece.begin, piece.end) : 0;
    at_one = drawn.weigh ? row.weights_at_one(piece.begin, piece.end) : 0;
  }
  if (threadIdx.x == 0) {
    parts[blockIdx.y].weights = weights;
    parts[blockIdx.y].at_one = at_one;
  }
}

INLINE int drawn_token(Nucleus &drawing, uint64_t first) {
  const DrawRow &row = drawing.row;
  bool filtered = row.top_p < 1 || row.min_p > 0 || is_limited(row, drawing.columns);
  return row.temperature == 0 ? token_of(first) : filtered ? drawing.draw() : drawing.draw_in_order();
}

// A block of threads per row, after the others have looked at its pieces.
KERNEL(draw_tokens, DrawArguments, 1024) {
  SHARED(DrawShared, shared);
  const DrawRow &row = args.rows[blockIdx.x];
  const DrawPart *parts = args.parts + int64_t(blockIdx.x) * PARTS;
  Nucleus drawing = {logit_row(args, row, shared.numbers), shared};
  uint64_t first = drawing.of_parts<larger>(parts, &DrawPart::first);
  bool there = first != BROKEN && unsigned(first >> 32) != NONE;
  float most = of_ordered(unsigned(first >> 32));
  int token = -1;
  uint64_t weights = 0;
  if (there) {
    weights = row.weigh ? drawing.of_parts<both>(parts, &DrawPart::at_one) : 0;
    Adjusted adjusted = {drawing};
    adjusted.adjust();
    drawing.mask = row.mask < 0 ? nullptr : args.masks + row.mask;
    drawing.parts = is_changed(row) ? nullptr : parts;
    first = is_changed(row) ? drawing.first_of(0, args.columns) : first;
    if (unsigned(first >> 32) != NONE) {
      drawing.largest = of_ordered(unsigned(first >> 32));
      token = drawn_token(drawing, first);
    }
    adjusted.restore();
  }
  if (threadIdx.x == 0) {
    args.drawn[blockIdx.x] = {token, token < 0 ? 0 : drawing.logits[token], most, 0, weights};
  }
}
