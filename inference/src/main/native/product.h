/* What a product of matrices is given; the same for every machine. */
#ifndef PRODUCT_H
#define PRODUCT_H

#include <stddef.h>
#include <stdint.h>

/* Rows of a panel: the lanes of every machine's registers, real or put together. */
#define PANEL_ROWS 16
/* Columns of a quantized block of activations. */
#define BLOCK 32
/* Tokens whose sums are kept at once. */
#define GROUP_TOKENS 1024

/* Numbers of ggml's enum ggml_type, as files have them. */
enum type {
  F32 = 0, F16 = 1, Q4_0 = 2, Q4_1 = 3, Q5_0 = 6, Q5_1 = 7, Q8_0 = 8, Q2_K = 10, Q3_K = 11,
  Q4_K = 12, Q5_K = 13, Q6_K = 14, IQ4_NL = 20, IQ4_XS = 23, BF16 = 30
};

/* out[t][r] = weights[r] . in[t] + bias[r], or added to what is there, for rows from to to - 1. */
struct product {
  enum type type;
  const uint8_t *weights;
  size_t row_bytes;
  int weight_rows, from, to, columns;
  const float *in;         /* as it is, for types that are floats */
  const uint8_t *prepared; /* quantized, for the others */
  int tokens;
  float *out;
  size_t out_stride; /* in floats */
  const float *bias; /* or null */
  int accumulate;
  uint8_t *scratch;
};

/*
 * A token's activations, quantized in blocks of 32 to eight bits with a scale each: all blocks'
 * bytes, then their scales d, then d * sum, -8 * sum, and -8 * sum of each half block.
 */
struct activations {
  const int8_t *bytes;
  const float *scales;
  const float *sums;
  const int32_t *offsets;
  const int32_t *half_offsets;
};

static inline size_t activation_bytes(int columns) {
  size_t blocks = columns / BLOCK;
  return (blocks * (BLOCK + 4 + 4 + 4 + 8) + 63) / 64 * 64;
}

static inline struct activations activations_at(const uint8_t *row, int columns, int block) {
  size_t blocks = columns / BLOCK;
  const uint8_t *scales = row + blocks * BLOCK;
  struct activations a;
  a.bytes = (const int8_t *)row + (size_t)block * BLOCK;
  a.scales = (const float *)scales + block;
  a.sums = (const float *)scales + blocks + block;
  a.offsets = (const int32_t *)scales + 2 * blocks + block;
  a.half_offsets = (const int32_t *)scales + 3 * blocks + 2 * block;
  return a;
}

/* One tile of attention; see attention.h. */
struct attention {
  const float *queries;
  float *out;
  int rows;           /* neighbouring rows of one sequence */
  int group;          /* query heads of each row */
  size_t row_stride;  /* floats from a row to the next, in queries and out */
  int head_dim;
  int first_position; /* of the first row */
  int window;         /* positions that a query sees, 0 for all */
  float scale, soft_cap;
  int element_bytes;     /* of the cache: 4 for float32, 2 for float16, 1 for quanta */
  const int64_t *blocks; /* addresses of the head's keys, from the first visible block on */
  size_t head_bytes;     /* from a block's keys to its values */
  float *scratch;
};

/* The kernels of one kind of machine. */
struct kernels {
  const char *name;
  /* Some of a token's columns, whole blocks of them, from the one that x begins with. */
  void (*quantize)(const float *x, int columns, int from, int count, uint8_t *out);
  void (*multiply)(const struct product *p);
  void (*attend)(const struct attention *a);
  void (*norm)(const float *x, const float *weight, float epsilon, int count, float *out);
  void (*add_scaled)(float *x, const float *y, float factor, int count);
  void (*scale)(float *x, float factor, int count);
  void (*activate)(int gelu, float *gate, const float *up, int count);
  void (*soft_cap)(float *x, float cap, int count);
  int (*most_likely)(const float *x, int count);
  int64_t (*read)(const uint8_t *p, size_t bytes);
  void (*rotate)(int halves, float *x, const float *cos, const float *sin, int dimensions);
};

#endif
