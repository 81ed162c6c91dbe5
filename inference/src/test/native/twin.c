/*
 * Runs every kernel of every kind that this processor can run on the same made-up inputs, and prints a line for
 * each: what it was, and a hash of the bits that came out. All kinds, on all machines, print the
 * same; compare.sh sees to that, with an emulator for the machines that are not there.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "product.h"

const struct kernels *millrace_kernels(int modest);

static uint64_t state;

static uint32_t next_bits(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33);
}

static float next_float(void) { return (float)((int)(next_bits() % 20001) - 10000) / 5000; }

/* A half between 1/16 and 1/8, as a scale is. */
static uint16_t next_half(void) { return (uint16_t)(0x2c00 + next_bits() % 1021); }

static void *take(size_t bytes) {
  void *p = aligned_alloc(64, (bytes + 127) / 64 * 64);
  if (!p) exit(2);
  return memset(p, 0, (bytes + 127) / 64 * 64);
}

static float *floats(int count) {
  float *p = take(count * sizeof(float));
  for (int i = 0; i < count; i++) p[i] = next_float();
  return p;
}

static void show(const char *what, int a, int b, int c, const void *bytes, size_t count) {
  const uint8_t *p = bytes;
  uint64_t hash = 1469598103934665603u;
  for (size_t i = 0; i < count; i++) hash = (hash ^ p[i]) * 1099511628211u;
  printf("%s %d %d %d %016llx\n", what, a, b, c, (unsigned long long)hash);
}

/* A type, its block, and where in it halves stand that are scales. */
static const struct {
  enum type type;
  int columns, bytes, scales, count;
} TYPES[] = {{F32, 1, 4, 0, 0},        {F16, 1, 2, 0, 1},       {BF16, 1, 2, 0, 0},
             {Q4_0, 32, 18, 0, 1},     {Q4_1, 32, 20, 0, 2},    {Q5_0, 32, 22, 0, 1},
             {Q5_1, 32, 24, 0, 2},     {Q8_0, 32, 34, 0, 1},    {Q2_K, 256, 84, 80, 2},
             {Q3_K, 256, 110, 108, 1}, {Q4_K, 256, 144, 0, 2},  {Q5_K, 256, 176, 0, 2},
             {Q6_K, 256, 210, 208, 1}, {IQ4_NL, 32, 18, 0, 1},  {IQ4_XS, 256, 136, 0, 1}};

static uint8_t *weights_of(int index, size_t blocks) {
  int bytes = TYPES[index].bytes;
  uint8_t *w = take(blocks * bytes);
  for (size_t block = 0; block < blocks; block++) {
    uint8_t *p = w + block * bytes;
    for (int i = 0; i < bytes; i++) p[i] = (uint8_t)next_bits();
    for (int i = 0; i < TYPES[index].count; i++) {
      uint16_t half = next_half();
      memcpy(p + TYPES[index].scales + 2 * i, &half, 2);
    }
    float plain = next_float();
    uint32_t bits;
    memcpy(&bits, &plain, 4);
    uint16_t upper = (uint16_t)(bits >> 16);
    if (TYPES[index].type == F32) memcpy(p, &plain, 4);
    if (TYPES[index].type == BF16) memcpy(p, &upper, 2);
  }
  return w;
}

static void products(const struct kernels *k, int index, int rows, int columns, int tokens) {
  size_t row_blocks = columns / TYPES[index].columns;
  uint8_t *weights = weights_of(index, row_blocks * rows);
  float *in = floats(columns * tokens), *bias = floats(rows), *out = floats(rows * tokens);
  size_t stride = activation_bytes(columns);
  uint8_t *prepared = take(stride * tokens), *scratch = take(1 << 20);
  if (TYPES[index].columns > 1) {
    for (int i = 0; i < tokens; i++) {
      int some = i & 1 ? columns / 64 * 32 : columns;
      k->quantize(in + i * columns, columns, 0, some, prepared + i * stride);
      k->quantize(in + i * columns + some, columns, some, columns - some, prepared + i * stride);
    }
    show("quantized", columns, tokens, 0, prepared, (columns / BLOCK) * (BLOCK + 20));
  }
  struct product p = {
      .type = TYPES[index].type, .weights = weights, .row_bytes = row_blocks * TYPES[index].bytes,
      .weight_rows = rows, .from = 0, .to = rows, .columns = columns, .in = in,
      .prepared = prepared, .tokens = tokens, .out = out, .out_stride = rows, .bias = bias,
      .accumulate = tokens & 1, .scratch = scratch};
  k->multiply(&p);
  show("product of type", p.type, rows, tokens, out, sizeof(float) * rows * tokens);
  free(weights), free(in), free(bias), free(out), free(prepared), free(scratch);
}

enum { KEYS_OF_A_BLOCK = 32, BLOCKS = 3, GROUP = 6 };

/* A block of a cache: random quanta, halves or floats, and its scales. */
static uint8_t *cache_block(int element_bytes, int elements, size_t half_bytes) {
  uint8_t *block = take(2 * half_bytes);
  for (int part = 0; part < 2; part++) {
    uint8_t *p = block + part * half_bytes;
    for (int i = 0; i < elements; i++) {
      float value = next_float();
      uint16_t half = next_half();
      if (element_bytes == 4) memcpy(p + 4 * i, &value, 4);
      if (element_bytes == 2) memcpy(p + 2 * i, &half, 2);
      if (element_bytes == 1) p[i] = (uint8_t)next_bits();
    }
    for (size_t at = (size_t)elements; element_bytes == 1 && at < half_bytes; at += 2) {
      uint16_t half = next_half();
      memcpy(p + at, &half, 2);
    }
  }
  return block;
}

static void attention(const struct kernels *k, int element_bytes, int head_dim, int window,
                      int rows) {
  int elements = KEYS_OF_A_BLOCK * head_dim, groups = (head_dim + 31) / 32;
  size_t half_bytes = (size_t)elements * element_bytes;
  if (element_bytes == 1) half_bytes += 2 * KEYS_OF_A_BLOCK * groups;
  int64_t blocks[BLOCKS];
  for (int i = 0; i < BLOCKS; i++)
    blocks[i] = (int64_t)(uintptr_t)cache_block(element_bytes, elements, half_bytes);
  int count = rows * GROUP * head_dim;
  float *queries = floats(count), *out = floats(count), *scratch = take(1 << 20);
  struct attention a = {
      .queries = queries, .out = out, .rows = rows, .group = GROUP,
      .row_stride = (size_t)GROUP * head_dim, .head_dim = head_dim, .first_position = 84,
      .window = window, .scale = 0.125f, .soft_cap = window ? 30 : 0,
      .element_bytes = element_bytes,
      .blocks = blocks + (window ? (84 - window + 1) / KEYS_OF_A_BLOCK : 0),
      .head_bytes = half_bytes, .scratch = scratch};
  k->attend(&a);
  show("attention", element_bytes, head_dim, window, out, sizeof(float) * count);
  for (int i = 0; i < BLOCKS; i++) free((void *)(uintptr_t)blocks[i]);
  free(queries), free(out), free(scratch);
}

static void rows_of(const struct kernels *k, int count) {
  float *x = floats(count), *y = floats(count), *out = floats(count);
  size_t bytes = sizeof(float) * count;
  k->norm(x, y, 1e-5f, count, out);
  show("norm", count, 0, 0, out, bytes);
  k->add_scaled(out, y, 0.3f, count);
  show("sum", count, 0, 0, out, bytes);
  k->scale(out, 1.7f, count);
  show("scale", count, 0, 0, out, bytes);
  for (int gelu = 0; gelu < 2; gelu++) {
    k->activate(gelu, out, y, count);
    show("activation", count, gelu, 0, out, bytes);
  }
  k->soft_cap(out, 5, count);
  show("cap", count, 0, 0, out, bytes);
  for (int halves = 0; halves < 2; halves++) {
    k->rotate(halves, out, x, y, count / 2 * 2);
    show("rotation", count, halves, 0, out, bytes);
  }
  int most = k->most_likely(x, count);
  show("most likely", count, 0, 0, &most, sizeof most);
  int64_t sum = k->read((const uint8_t *)x, bytes);
  show("read", count, 0, 0, &sum, sizeof sum);
  free(x), free(y), free(out);
}

static void all_of(const struct kernels *k) {
  state = 20261121;
  for (int i = 0; i < (int)(sizeof TYPES / sizeof *TYPES); i++) {
    int columns = TYPES[i].columns == 1 ? 300 : 1280;
    for (int tokens = 1; tokens < 40; tokens = tokens * 3 + 2) {
      products(k, i, 73, columns, tokens);
      products(k, i, 7, columns, tokens);
    }
  }
  static const int HEADS[] = {8, 20, 64, 80, 128};
  for (int i = 0; i < 5; i++) {
    for (int bytes = 1; bytes <= 4; bytes *= 2) {
      for (int rows = 1; rows <= 5; rows += 4) {
        attention(k, bytes, HEADS[i], 0, rows);
        attention(k, bytes, HEADS[i], 21, rows);
      }
    }
  }
  static const int COUNTS[] = {2, 16, 31, 64, 1000, 4096};
  for (int i = 0; i < 6; i++) rows_of(k, COUNTS[i]);
}

/* twin [modest]: the best kernels, or those without the newest instructions; their name to stderr. */
int main(int count, char **arguments) {
  const struct kernels *k = millrace_kernels(count > 1 && strcmp(arguments[1], "modest") == 0);
  if (!k) {
    fputs("no kernels for this processor\n", stderr);
    return 2;
  }
  fprintf(stderr, "%s\n", k->name);
  all_of(k);
  return 0;
}
