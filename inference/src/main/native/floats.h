/*
 * Products of weights that are floats: panels of sixteen rows, across, times inputs as they are. A
 * row and a token have one sum, which takes its products in the order of the columns.
 */

/* Columns of a panel's slice: two panels of it stay in the innermost cache. */
#define FLOAT_SLICE 128
#define FLOAT_PANEL (FLOAT_SLICE * PANEL_ROWS)

/* Sixteen bytes of each row to their columns; returns how many those are. */
INLINE int widen(enum type type, const uint8_t *w, size_t stride, float *to) {
  vi v[4];
  load_across(w, stride, v);
  if (type == F32) {
    UNROLL for (int i = 0; i < 4; i++) vi_store(to + i * PANEL_ROWS, v[i]);
    return 4;
  }
  UNROLL for (int i = 0; i < 4; i++) {
    vf low, high;
    if (type == F16) {
      low = vf_halves(vi_and(v[i], vi_set1(0xffff)));
      high = vf_halves(vi_shr(v[i], 16));
    } else {
      low = vi_floats(vi_shl(v[i], 16));
      high = vi_floats(vi_and(v[i], vi_set1((int)0xffff0000)));
    }
    vf_store(to + 2 * i * PANEL_ROWS, low);
    vf_store(to + (2 * i + 1) * PANEL_ROWS, high);
  }
  return 8;
}

INLINE void fill_floats(enum type type, const struct product *p, int row, int column, int columns,
                        float *to) {
  int size = type == F32 ? 4 : 2;
  const uint8_t *w = p->weights + (size_t)column * size;
  int rows = p->weight_rows < PANEL_ROWS ? p->weight_rows : PANEL_ROWS;
  int first = p->weight_rows < PANEL_ROWS ? 0 : panel_row(p, row);
  w += first * p->row_bytes;
  int done = 0;
  if (rows == PANEL_ROWS) {
    for (; done + 16 / size <= columns;)
      done += widen(type, w + (size_t)done * size, p->row_bytes, to + done * PANEL_ROWS);
  }
  /* The last columns, and matrices of few rows, beside zeros. */
  for (; done < columns; done += 16 / size) {
    uint8_t padded[PANEL_ROWS * 16] = {0};
    int some = columns - done < 16 / size ? columns - done : 16 / size;
    for (int r = 0; r < rows; r++)
      memcpy(padded + 16 * r, w + r * p->row_bytes + (size_t)done * size, some * size);
    widen(type, padded, 16, to + done * PANEL_ROWS);
  }
}

INLINE void float_tile(int tokens, int count, const float *w, const float *x, size_t stride,
                       int columns, float *sums) {
  vf total[TILE_TOKENS][2];
  UNROLL for (int t = 0; t < tokens; t++) {
    UNROLL for (int r = 0; r < count; r++)
      total[t][r] = vf_load(sums + t * 2 * PANEL_ROWS + r * PANEL_ROWS);
  }
  for (int i = 0; i < columns; i++) {
    vf weights[2];
    UNROLL for (int r = 0; r < count; r++) weights[r] = vf_load(w + r * FLOAT_PANEL + i * PANEL_ROWS);
    UNROLL for (int t = 0; t < tokens; t++) {
      vf one = vf_set1(x[t * stride + i]);
      UNROLL for (int r = 0; r < count; r++) total[t][r] = vf_fma(weights[r], one, total[t][r]);
    }
  }
  UNROLL for (int t = 0; t < tokens; t++) {
    UNROLL for (int r = 0; r < count; r++)
      vf_store(sums + t * 2 * PANEL_ROWS + r * PANEL_ROWS, total[t][r]);
  }
}

static void float_tiles(const struct product *p, const float *w, int count, int token, int tokens,
                        int column, int columns, float *sums) {
  for (int t = 0; t < tokens;) {
    const float *x = p->in + (size_t)(token + t) * p->columns + column;
    float *to = sums + (size_t)t * 2 * PANEL_ROWS;
    int some = tokens - t < TILE_TOKENS ? 1 : TILE_TOKENS;
    if (some == 1 && count == 1) float_tile(1, 1, w, x, p->columns, columns, to);
    if (some == 1 && count == 2) float_tile(1, 2, w, x, p->columns, columns, to);
    if (some > 1 && count == 1) float_tile(TILE_TOKENS, 1, w, x, p->columns, columns, to);
    if (some > 1 && count == 2) float_tile(TILE_TOKENS, 2, w, x, p->columns, columns, to);
    t += some;
  }
}

INLINE void multiply_floats(enum type type, const struct product *p) {
  float *w = (float *)p->scratch;
  float *sums = w + 2 * FLOAT_PANEL;
  for (int token = 0; token < p->tokens; token += GROUP_TOKENS) {
    int tokens = p->tokens - token < GROUP_TOKENS ? p->tokens - token : GROUP_TOKENS;
    for (int row = p->from; row < p->to; row += 2 * PANEL_ROWS) {
      int panels = p->to - row > PANEL_ROWS ? 2 : 1;
      memset(sums, 0, (size_t)tokens * 2 * PANEL_ROWS * sizeof(float));
      for (int column = 0; column < p->columns; column += FLOAT_SLICE) {
        int columns = p->columns - column < FLOAT_SLICE ? p->columns - column : FLOAT_SLICE;
        for (int i = 0; i < panels; i++)
          fill_floats(type, p, row + i * PANEL_ROWS, column, columns, w + i * FLOAT_PANEL);
        float_tiles(p, w, panels, token, tokens, column, columns, sums);
      }
      put_panels(p, row, panels, token, tokens, sums);
    }
  }
}

static void multiply(const struct product *p) {
  switch (p->type) {
    case F32: multiply_floats(F32, p); break;
    case F16: multiply_floats(F16, p); break;
    case BF16: multiply_floats(BF16, p); break;
    default: multiply_quantized(p, format_of(p->type));
  }
}
