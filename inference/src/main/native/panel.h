/* Products of quantized weights: a single token directly, more by way of unpacked panels. */

/* Columns of a panel's slice: two panels of it stay in the innermost cache. */
#define SLICE 512
#define SLICE_BLOCKS (SLICE / BLOCK)
#define PANEL_BYTES (SLICE_BLOCKS * PANEL_BLOCK_BYTES)
#define PANEL_SCALES (SLICE_BLOCKS * PANEL_BLOCK_SCALES)

/* Scratch: two panels, their scales, the sums of a group of tokens, rows of a small matrix. */
struct panels {
  uint8_t *bytes;
  float *scales;
  float *sums; /* [GROUP_TOKENS][2 * PANEL_ROWS] */
  uint8_t *padded;
};

INLINE struct panels panels_in(uint8_t *scratch) {
  struct panels a;
  a.bytes = scratch;
  a.scales = (float *)(scratch + 2 * PANEL_BYTES);
  a.sums = a.scales + 2 * PANEL_SCALES;
  a.padded = (uint8_t *)(a.sums + GROUP_TOKENS * 2 * PANEL_ROWS);
  return a;
}

/* Writes sums of rows first to end - 1 of a token; the sums begin with another row. */
INLINE void put(const struct product *p, int token, int first, int end, const float *sums, int row) {
  float *out = p->out + token * p->out_stride;
  for (int r = first; r < end; r++) {
    float value = sums[r - row];
    if (p->bias) value += p->bias[r];
    out[r] = p->accumulate ? out[r] + value : value;
  }
}

/* The first of sixteen rows that hold this one: the matrix's last ones at its end. */
INLINE int panel_row(const struct product *p, int row) {
  int last = p->weight_rows - PANEL_ROWS;
  return row < last || last < 0 ? row : last;
}

/* The same for sixteen rows. */
INLINE void put_whole(const struct product *p, int token, int row, vf sums) {
  float *out = p->out + token * p->out_stride + row;
  if (p->bias) sums = vf_add(sums, vf_load(p->bias + row));
  vf_store(out, p->accumulate ? vf_add(vf_load(out), sums) : sums);
}

/* Writes the sums of neighbouring panels. */
static void put_panels(const struct product *p, int row, int panels, int token, int tokens,
                       const float *sums) {
  for (int t = 0; t < tokens; t++) {
    for (int i = 0; i < panels; i++) {
      int from = row + i * PANEL_ROWS;
      int to = from + PANEL_ROWS < p->to ? from + PANEL_ROWS : p->to;
      const float *own = sums + (size_t)t * 2 * PANEL_ROWS + i * PANEL_ROWS;
      if (to - from == PANEL_ROWS) put_whole(p, token + t, from, vf_load(own));
      else put(p, token + t, from, to, own, panel_row(p, from));
    }
  }
}

/* Tokens by panels, over a slice: the sums of a tile stay in registers. */
INLINE void tile(int kind, int shift, int is_signed, int tokens, int count, const struct panels *s,
                 const struct activations *x, int blocks, float *sums) {
  vf total[TILE_TOKENS][TILE_PANELS];
  UNROLL for (int t = 0; t < tokens; t++) {
    UNROLL for (int r = 0; r < count; r++)
      total[t][r] = vf_load(sums + t * 2 * PANEL_ROWS + r * PANEL_ROWS);
  }
  int two = kind == TWO_SCALES || kind == TWO_WITH_MINIMA;
  for (int block = 0; block < blocks; block++) {
    const uint8_t *w = s->bytes + block * PANEL_BLOCK_BYTES;
    const float *scales = s->scales + block * PANEL_BLOCK_SCALES;
    for (int half = 0; half < (two ? 2 : 1); half++) {
      vi dots[TILE_TOKENS][TILE_PANELS];
      UNROLL for (int t = 0; t < tokens; t++) {
        vi offset = offset_of(two ? x[t].half_offsets + 2 * block + half : x[t].offsets + block, shift);
        UNROLL for (int r = 0; r < count; r++) dots[t][r] = offset;
      }
      for (int i = 0; i < (two ? 4 : 8); i++) {
        int four = 4 * half + i;
        vi q[TILE_PANELS];
        UNROLL for (int r = 0; r < count; r++) q[r] = vi_load(w + r * PANEL_BYTES + 64 * four);
        UNROLL for (int t = 0; t < tokens; t++) {
          const int8_t *bytes = x[t].bytes + block * BLOCK + 4 * four;
          UNROLL for (int r = 0; r < count; r++) dots[t][r] = dot(is_signed, dots[t][r], q[r], bytes);
        }
      }
      UNROLL for (int r = 0; r < count; r++) {
        vf scale = vf_load(scales + r * PANEL_SCALES + half * PANEL_ROWS);
        UNROLL for (int t = 0; t < tokens; t++) {
          vf d = vf_set1(x[t].scales[block]);
          total[t][r] = vf_fma(vf_from_int(dots[t][r]), vf_mul(scale, d), total[t][r]);
        }
      }
    }
    UNROLL for (int r = 0; r < count; r++) {
      if (kind == WITH_MINIMUM) {
        vf minimum = vf_load(scales + r * PANEL_SCALES + PANEL_ROWS);
        UNROLL for (int t = 0; t < tokens; t++)
          total[t][r] = vf_fma(minimum, vf_set1(x[t].sums[block]), total[t][r]);
      }
      if (kind == TWO_WITH_MINIMA) {
        UNROLL for (int half = 0; half < 2; half++) {
          vf minimum = vf_load(scales + r * PANEL_SCALES + (2 + half) * PANEL_ROWS);
          UNROLL for (int t = 0; t < tokens; t++) {
            vf e = vf_mul(vf_set1(x[t].scales[block]), vf_set1(-0.125f));
            vf sum = vf_mul(vf_from_int(vi_four(x[t].half_offsets + 2 * block + half)), e);
            total[t][r] = vf_fma(minimum, sum, total[t][r]);
          }
        }
      }
    }
  }
  UNROLL for (int t = 0; t < tokens; t++) {
    UNROLL for (int r = 0; r < count; r++)
      vf_store(sums + t * 2 * PANEL_ROWS + r * PANEL_ROWS, total[t][r]);
  }
}

/* A function per number of tokens, so that the loops above have constant bounds. */
#define TILES(name, kind, shift, is_signed)                                                        \
  static void tiles_##name(const struct product *p, const struct panels *s, int count, int token,  \
                           int tokens, int block, int blocks) {                                    \
    size_t stride = activation_bytes(p->columns);                                                  \
    for (int t = 0; t < tokens;) {                                                                 \
      int some = tokens - t < TILE_TOKENS ? tokens - t : TILE_TOKENS;                              \
      struct activations x[TILE_TOKENS];                                                           \
      for (int i = 0; i < some; i++)                                                               \
        x[i] = activations_at(p->prepared + (token + t + i) * stride, p->columns, block);          \
      for (int r = 0; r < count; r += TILE_PANELS) {                                               \
        struct panels part = *s;                                                                   \
        part.bytes += r * PANEL_BYTES;                                                             \
        part.scales += r * PANEL_SCALES;                                                           \
        float *sums = s->sums + (size_t)t * 2 * PANEL_ROWS + r * PANEL_ROWS;                       \
        int panels = count - r < TILE_PANELS ? count - r : TILE_PANELS;                            \
        switch (some * 2 + panels) {                                                               \
          TILE_CASES(kind, shift, is_signed)                                                       \
        }                                                                                          \
      }                                                                                            \
      t += some;                                                                                   \
    }                                                                                              \
  }

#define TILE_CASE(kind, shift, is_signed, tokens, panels)                                          \
  case (tokens) * 2 + (panels):                                                                    \
    tile(kind, shift, is_signed, tokens, panels, &part, x, blocks, sums);                          \
    break;
#if TILE_PANELS == 2
#define TILE_CASES(kind, shift, is_signed)                                                         \
  TILE_CASE(kind, shift, is_signed, 4, 2)                                                          \
  TILE_CASE(kind, shift, is_signed, 3, 2)                                                          \
  TILE_CASE(kind, shift, is_signed, 2, 2)                                                          \
  TILE_CASE(kind, shift, is_signed, 1, 2)                                                          \
  TILE_CASE(kind, shift, is_signed, 4, 1)                                                          \
  TILE_CASE(kind, shift, is_signed, 3, 1)                                                          \
  TILE_CASE(kind, shift, is_signed, 2, 1)                                                          \
  TILE_CASE(kind, shift, is_signed, 1, 1)
#else
#define TILE_CASES(kind, shift, is_signed)                                                         \
  TILE_CASE(kind, shift, is_signed, 2, 1)                                                          \
  TILE_CASE(kind, shift, is_signed, 1, 1)
#endif

TILES(offset_8, ONE_SCALE, 0, 0)
TILES(offset_16, ONE_SCALE, 1, 0)
TILES(signed, ONE_SCALE, SIGNED_OFFSET, 1)
TILES(minimum, WITH_MINIMUM, NO_OFFSET, 0)
TILES(two_offset_32, TWO_SCALES, 2, 0)
TILES(two_offset_4, TWO_SCALES, -1, 0)
TILES(two_minima, TWO_WITH_MINIMA, NO_OFFSET, 0)

/* What a type needs: both functions know its unpacking at compile time. */
struct format {
  int block, block_bytes;
  void (*one)(const struct product *p);
  void (*fill)(const uint8_t *weights, size_t stride, int blocks, uint8_t *bytes, float *scales);
  void (*tiles)(const struct product *p, const struct panels *s, int count, int token, int tokens,
                int block, int blocks);
};

INLINE struct sink single(const struct product *p) {
  struct sink s = {.direct = 1, .x = activations_at(p->prepared, p->columns, 0)};
  s.sum = vf_zero();
  return s;
}

/* Writes sums of rows that lie a run apart. */
static void put_apart(const struct product *p, int i, int run, vf sum) {
  float sums[PANEL_ROWS];
  vf_store(sums, sum);
  for (int lane = 0; lane < PANEL_ROWS; lane++) {
    int row = p->from + lane * run + i;
    put(p, 0, row, row + 1, sums + lane, row);
  }
}

/*
 * How far ahead of a lane's stream its bytes are fetched, into the second cache: the machine's own
 * fetching ends with each page, and of sixteen streams one or another comes to a page's end with
 * every few blocks. Measured; twice as far is slower again.
 */
#define AHEAD_BYTES 512
#define SECOND_CACHE 2
#define LINE_BYTES 64

INLINE void fetch_ahead(const uint8_t *p, size_t stride, int block, int size) {
  int every = size < LINE_BYTES ? LINE_BYTES / size : 1;
  if (block % every != 0) return;
  for (int line = 0; line < size; line += LINE_BYTES) {
    UNROLL for (int lane = 0; lane < PANEL_ROWS; lane++)
      __builtin_prefetch(p + AHEAD_BYTES + line + lane * stride, 0, SECOND_CACHE);
  }
}

/*
 * A single token's product reads weights once and is as fast as memory, if memory is read in long
 * runs: each lane goes through neighbouring rows of its own sixteenth, so that the machine sees
 * sixteen streams that it can fetch ahead, not short rows side by side.
 */
#define FORMAT(name, width, size, tiles_of)                                                        \
  static void one_##name(const struct product *p) {                                                \
    int blocks = p->columns / width;                                                               \
    int run = (p->to - p->from) / PANEL_ROWS;                                                      \
    for (int i = 0; i < run; i++) {                                                                \
      struct sink s = single(p);                                                                   \
      const uint8_t *w = p->weights + (p->from + i) * p->row_bytes;                                \
      for (int b = 0; b < blocks; b++) {                                                           \
        fetch_ahead(w + b * size, run * p->row_bytes, b, size);                                    \
        unpack_##name(w + b * size, run * p->row_bytes, &s);                                       \
      }                                                                                            \
      put_apart(p, i, run, s.sum);                                                                 \
    }                                                                                              \
    if (p->from + run * PANEL_ROWS < p->to) {                                                      \
      int first = panel_row(p, p->from + run * PANEL_ROWS);                                        \
      struct sink s = single(p);                                                                   \
      const uint8_t *w = p->weights + first * p->row_bytes;                                        \
      for (int b = 0; b < blocks; b++) unpack_##name(w + b * size, p->row_bytes, &s);              \
      float sums[PANEL_ROWS];                                                                      \
      vf_store(sums, s.sum);                                                                       \
      put(p, 0, p->from + run * PANEL_ROWS, p->to, sums, first);                                   \
    }                                                                                              \
  }                                                                                                \
  static void fill_##name(const uint8_t *weights, size_t stride, int blocks, uint8_t *bytes,       \
                          float *scales) {                                                         \
    struct sink s = {.direct = 0, .bytes = bytes, .scales = scales};                               \
    for (int b = 0; b < blocks; b++) unpack_##name(weights + b * size, stride, &s);                \
  }                                                                                                \
  static const struct format FORMAT_##name = {width, size, one_##name, fill_##name, tiles_of};

FORMAT(q4_0, 32, 18, tiles_offset_8)
FORMAT(q4_1, 32, 20, tiles_minimum)
FORMAT(q5_0, 32, 22, tiles_offset_16)
FORMAT(q5_1, 32, 24, tiles_minimum)
FORMAT(q8_0, 32, 34, tiles_signed)
FORMAT(iq4_nl, 32, 18, tiles_signed)
FORMAT(q2_k, 256, 84, tiles_two_minima)
FORMAT(q3_k, 256, 110, tiles_two_offset_4)
FORMAT(q4_k, 256, 144, tiles_minimum)
FORMAT(q5_k, 256, 176, tiles_minimum)
FORMAT(q6_k, 256, 210, tiles_two_offset_32)
FORMAT(iq4_xs, 256, 136, tiles_signed)

static const struct format *format_of(enum type type) {
  switch (type) {
    case Q4_0: return &FORMAT_q4_0;
    case Q4_1: return &FORMAT_q4_1;
    case Q5_0: return &FORMAT_q5_0;
    case Q5_1: return &FORMAT_q5_1;
    case Q8_0: return &FORMAT_q8_0;
    case IQ4_NL: return &FORMAT_iq4_nl;
    case Q2_K: return &FORMAT_q2_k;
    case Q3_K: return &FORMAT_q3_k;
    case Q4_K: return &FORMAT_q4_k;
    case Q5_K: return &FORMAT_q5_k;
    case Q6_K: return &FORMAT_q6_k;
    case IQ4_XS: return &FORMAT_iq4_xs;
    default: return 0;
  }
}

/* A slice of a panel; a matrix of fewer rows is copied beside rows of zeros first. */
static void fill(const struct product *p, const struct format *f, int row, int column, int columns,
                 const struct panels *s, int panel) {
  const uint8_t *w = p->weights + column / f->block * f->block_bytes;
  size_t bytes = (size_t)columns / f->block * f->block_bytes;
  size_t stride = p->row_bytes;
  if (p->weight_rows < PANEL_ROWS) {
    memset(s->padded, 0, PANEL_ROWS * bytes);
    for (int r = 0; r < p->weight_rows; r++) memcpy(s->padded + r * bytes, w + r * stride, bytes);
    w = s->padded;
    stride = bytes;
  } else {
    w += panel_row(p, row) * stride;
  }
  f->fill(w, stride, columns / f->block, s->bytes + panel * PANEL_BYTES,
          s->scales + panel * PANEL_SCALES);
}

static void multiply_quantized(const struct product *p, const struct format *f) {
  if (p->tokens == 1 && p->weight_rows >= PANEL_ROWS) {
    f->one(p);
    return;
  }
  struct panels s = panels_in(p->scratch);
  for (int token = 0; token < p->tokens; token += GROUP_TOKENS) {
    int tokens = p->tokens - token < GROUP_TOKENS ? p->tokens - token : GROUP_TOKENS;
    for (int row = p->from; row < p->to; row += 2 * PANEL_ROWS) {
      int panels = p->to - row > PANEL_ROWS ? 2 : 1;
      memset(s.sums, 0, (size_t)tokens * 2 * PANEL_ROWS * sizeof(float));
      for (int column = 0; column < p->columns; column += SLICE) {
        int columns = p->columns - column < SLICE ? p->columns - column : SLICE;
        for (int i = 0; i < panels; i++) fill(p, f, row + i * PANEL_ROWS, column, columns, &s, i);
        f->tiles(p, &s, panels, token, tokens, column / BLOCK, columns / BLOCK);
      }
      put_panels(p, row, panels, token, tokens, s.sums);
    }
  }
}
