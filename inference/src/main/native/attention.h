/*
 * Softmax attention of a few neighbouring rows of one sequence and one key-value head, block by
 * block of the cache, with running maximum and sum (Milakov and Gimelshein 2018, algorithm 3). A
 * block's keys are [head_dim][32] and its values [32][head_dim]. Each query has sums of its own that
 * take the keys' products in one order, so what is computed beside it does not matter.
 */

#define KEYS 32
/* Queries that share loaded keys, and values. */
#define QUERIES 4

/* Scratch: scores of a tile, then a block's keys and values as float32. */
#define ATTENTION_SCORES (QUERIES * KEYS)

/* A query's running maximum and sum, beside its address and where its result goes. */
struct query {
  const float *q;
  float *out;
};

INLINE void scores_of(int count, const struct query *queries, const float *keys, int head_dim,
                      float factor, float *scores) {
  vf sums[QUERIES][2];
  UNROLL for (int i = 0; i < count; i++) sums[i][0] = sums[i][1] = vf_zero();
  for (int d = 0; d < head_dim; d++) {
    vf a = vf_load(keys + d * KEYS), b = vf_load(keys + d * KEYS + 16);
    UNROLL for (int i = 0; i < count; i++) {
      vf q = vf_set1(queries[i].q[d]);
      sums[i][0] = vf_fma(a, q, sums[i][0]);
      sums[i][1] = vf_fma(b, q, sums[i][1]);
    }
  }
  UNROLL for (int i = 0; i < count; i++) {
    vf_store(scores + i * KEYS, vf_mul(sums[i][0], vf_set1(factor)));
    vf_store(scores + i * KEYS + 16, vf_mul(sums[i][1], vf_set1(factor)));
  }
}

/* Scores to weights, for keys from to to - 1; returns what earlier sums are to be scaled by. */
INLINE float weights_of(float *scores, int from, int to, float cap, float *largest, float *sum) {
  vf a = vf_load(scores), b = vf_load(scores + 16);
  if (cap > 0) {
    vf_store(scores, capped(a, cap));
    vf_store(scores + 16, capped(b, cap));
  }
  for (int i = 0; i < from; i++) scores[i] = -__builtin_inff();
  for (int i = to; i < KEYS; i++) scores[i] = -__builtin_inff();
  float lanes[16];
  a = vf_load(scores);
  b = vf_load(scores + 16);
  vf_store(lanes, vf_max(a, b));
  float most = *largest;
  for (int i = 0; i < 16; i++) most = lanes[i] > most ? lanes[i] : most;
  vf m = vf_set1(most);
  a = vf_exp(vf_sub(a, m));
  b = vf_exp(vf_sub(b, m));
  vf_store(scores, a);
  vf_store(scores + 16, b);
  vf_store(lanes, vf_exp(vf_set1(*largest - most)));
  *sum = *sum * lanes[0] + sum_lanes(vf_add(a, b));
  *largest = most;
  return lanes[0];
}

/* out = out * correction + weights * values, for one vector of the head and some queries. */
INLINE void weigh_vector(int count, const float *weights, const float *corrections, int from, int to,
                         const float *values, int head_dim, const struct query *queries, int i,
                         int rest) {
  vf sums[QUERIES];
  UNROLL for (int n = 0; n < count; n++)
    sums[n] = vf_mul(GET(queries[n].out), vf_set1(corrections[n]));
  for (int t = from; t < to; t++) {
    vf v = GET(values + t * head_dim);
    UNROLL for (int n = 0; n < count; n++)
      sums[n] = vf_fma(vf_set1(weights[n * KEYS + t]), v, sums[n]);
  }
  UNROLL for (int n = 0; n < count; n++) SET(queries[n].out, sums[n]);
}

/* Two vectors at once: enough sums in flight to hide the additions' latency. */
INLINE void weigh_pair(int count, const float *weights, const float *corrections, int from, int to,
                       const float *values, int head_dim, const struct query *queries, int i) {
  vf sums[QUERIES][2];
  UNROLL for (int n = 0; n < count; n++) {
    vf factor = vf_set1(corrections[n]);
    sums[n][0] = vf_mul(vf_load(queries[n].out + i), factor);
    sums[n][1] = vf_mul(vf_load(queries[n].out + i + 16), factor);
  }
  for (int t = from; t < to; t++) {
    vf v = vf_load(values + t * head_dim + i), w = vf_load(values + t * head_dim + i + 16);
    UNROLL for (int n = 0; n < count; n++) {
      vf weight = vf_set1(weights[n * KEYS + t]);
      sums[n][0] = vf_fma(weight, v, sums[n][0]);
      sums[n][1] = vf_fma(weight, w, sums[n][1]);
    }
  }
  UNROLL for (int n = 0; n < count; n++) {
    vf_store(queries[n].out + i, sums[n][0]);
    vf_store(queries[n].out + i + 16, sums[n][1]);
  }
}

INLINE void weigh(int count, const float *weights, const float *corrections, int from, int to,
                  const float *values, int head_dim, const struct query *queries) {
  int done = 0;
  for (; done + 32 <= head_dim; done += 32)
    weigh_pair(count, weights, corrections, from, to, values, head_dim, queries, done);
  for (; done + 16 <= head_dim; done += 16)
    weigh_vector(count, weights, corrections, from, to, values, head_dim, queries, done, 16);
  if (done < head_dim)
    weigh_vector(count, weights, corrections, from, to, values, head_dim, queries, done,
                 head_dim - done);
}

INLINE void visit(int count, const struct attention *a, const struct query *queries,
                  const float *keys, const float *values, int from, int to, float *largest,
                  float *sums) {
  float corrections[QUERIES];
  scores_of(count, queries, keys, a->head_dim, a->scale, a->scratch);
  for (int i = 0; i < count; i++)
    corrections[i] =
        weights_of(a->scratch + i * KEYS, from, to, a->soft_cap, largest + i, sums + i);
  weigh(count, a->scratch, corrections, from, to, values, a->head_dim, queries);
}

static void widen_halves(const uint16_t *from, float *to, int count) {
  for (int i = 0; i < count; i += 16) vf_store(to + i, vf_load_halves(from + i));
}

/* Elements of a token's head that share a scale, where the cache has quanta. */
#define CACHE_GROUP 32

INLINE vf one_half(const uint16_t *p) { return vf_halves(vi_set1(*p)); }

INLINE int group_end(int first, int head_dim) {
  return head_dim - first < CACHE_GROUP ? head_dim : first + CACHE_GROUP;
}

/* Keys of quanta: their scales are [groups][KEYS]. */
static void widen_keys(const int8_t *quanta, const uint16_t *scales, int head_dim, float *to) {
  for (int first = 0; first < head_dim; first += CACHE_GROUP, scales += KEYS) {
    vf a = vf_load_halves(scales), b = vf_load_halves(scales + 16);
    for (int d = first; d < group_end(first, head_dim); d++) {
      const int8_t *row = quanta + d * KEYS;
      vf_store(to + d * KEYS, vf_mul(vf_from_int(vi_load_bytes(row)), a));
      vf_store(to + d * KEYS + 16, vf_mul(vf_from_int(vi_load_bytes(row + 16)), b));
    }
  }
}

/* Values of quanta: their scales are [KEYS][groups]. */
static void widen_values(const int8_t *quanta, const uint16_t *scales, int head_dim, float *to) {
  for (int token = 0; token < KEYS; token++, quanta += head_dim, to += head_dim) {
    for (int first = 0; first < head_dim; first += CACHE_GROUP, scales++) {
      vf scale = one_half(scales);
      int end = group_end(first, head_dim), d = first;
      for (; d + 16 <= end; d += 16)
        vf_store(to + d, vf_mul(vf_from_int(vi_load_bytes(quanta + d)), scale));
      if (d < end) {
        int8_t padded[16] = {0};
        memcpy(padded, quanta + d, end - d);
        store_some(to + d, vf_mul(vf_from_int(vi_load_bytes(padded)), scale), end - d);
      }
    }
  }
}

/* A block's keys, and its values behind them, as float32. */
static void widen_block(const struct attention *a, const uint8_t *block, float *to) {
  int elements = KEYS * a->head_dim;
  const uint8_t *values = block + a->head_bytes;
  if (a->element_bytes == 2) {
    widen_halves((const uint16_t *)block, to, elements);
    widen_halves((const uint16_t *)values, to + elements, elements);
    return;
  }
  widen_keys((const int8_t *)block, (const uint16_t *)(block + elements), a->head_dim, to);
  widen_values((const int8_t *)values, (const uint16_t *)(values + elements), a->head_dim,
               to + elements);
}

static int first_visible(const struct attention *a, int position) {
  return a->window == 0 || position < a->window ? 0 : position - a->window + 1;
}

/* All queries of a row, for a block; they see the same keys. */
static void visit_row(const struct attention *a, int row, int block, const float *keys,
                      const float *values, float *largest, float *sums) {
  int position = a->first_position + row;
  int start = block * KEYS;
  int from = first_visible(a, position) - start;
  int to = position + 1 - start;
  from = from < 0 ? 0 : from;
  to = to > KEYS ? KEYS : to;
  if (from >= to) return;
  for (int head = 0; head < a->group;) {
    int some = a->group - head < QUERIES ? 1 : QUERIES;
    struct query queries[QUERIES];
    for (int i = 0; i < some; i++) {
      size_t at = row * a->row_stride + (size_t)(head + i) * a->head_dim;
      queries[i] = (struct query){a->queries + at, a->out + at};
    }
    int n = row * a->group + head;
    if (some == 1) visit(1, a, queries, keys, values, from, to, largest + n, sums + n);
    else visit(QUERIES, a, queries, keys, values, from, to, largest + n, sums + n);
    head += some;
  }
}

static void attend(const struct attention *a) {
  int count = a->rows * a->group;
  float *decoded = a->scratch + ATTENTION_SCORES;
  int elements = KEYS * a->head_dim;
  float *largest = decoded + 2 * elements;
  float *sums = largest + count;
  for (int i = 0; i < count; i++) {
    largest[i] = -__builtin_inff();
    sums[i] = 0;
  }
  for (int row = 0; row < a->rows; row++)
    memset(a->out + row * a->row_stride, 0, (size_t)a->group * a->head_dim * sizeof(float));
  int first = first_visible(a, a->first_position) / KEYS;
  int last = (a->first_position + a->rows - 1) / KEYS;
  for (int block = first; block <= last; block++) {
    const uint8_t *address = (const uint8_t *)(uintptr_t)a->blocks[block - first];
    const float *keys = (const float *)address;
    const float *values = (const float *)(address + a->head_bytes);
    if (a->element_bytes != 4) {
      widen_block(a, address, decoded);
      keys = decoded;
      values = decoded + elements;
    }
    for (int row = 0; row < a->rows; row++) visit_row(a, row, block, keys, values, largest, sums);
  }
  for (int i = 0; i < count; i++) {
    float *out = a->out + i / a->group * a->row_stride + (size_t)(i % a->group) * a->head_dim;
    scale(out, 1 / sums[i], a->head_dim);
  }
}
