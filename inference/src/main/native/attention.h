/*
 * Softmax attention of a few neighbouring rows of one sequence and one key-value head, block by
 * block of the cache, with running maximum and sum (Milakov and Gimelshein 2018, algorithm 3). A
 * block's keys are [head_dim][32] and its values [32][head_dim]. Each query has sums of its own that
 * take the keys' products in one order, so what is computed beside it does not matter.
 */

#define KEYS 32
/* Queries that share loaded keys, and values. */
#define QUERIES 4

/* Scratch: weights of a tile, then a block's keys and values as float32, then running figures. */
#define ATTENTION_WEIGHTS (QUERIES * KEYS)

/* Elements of a token's head that share a scale, where the cache has quanta. */
#define CACHE_GROUP 32

/* A query, where its result goes, and its running maximum and sum; the sum is one of lanes. */
struct query {
  const float *q;
  float *out;
  float *largest;
  float *sum;
};

/* A block as the loops below read it; next is one that is fetched meanwhile, or null. */
struct block {
  const uint8_t *keys, *values;
  const uint8_t *next_keys, *next_values;
  int from, to; /* keys that are seen */
};

INLINE vf one_half(const uint16_t *p) { return vf_halves(vi_set1(*p)); }

/* Brings elements of the next block nearer, from first on. */
INLINE void fetch_elements(const uint8_t *next, size_t first, int count, int bytes) {
  for (int at = 0; next && at < count * bytes; at += LINE_BYTES)
    __builtin_prefetch(next + first * bytes + at, 0, SECOND_CACHE);
}

/* Sixteen elements: of halves or floats. */
INLINE vf load_elements(int bytes, const uint8_t *p, size_t at) {
  return bytes == 4 ? vf_load((const float *)p + at) : vf_load_halves((const uint16_t *)p + at);
}

/* Sixteen quanta times their scale, or scales. */
INLINE vf load_quanta(const uint8_t *p, size_t at, vf scale) {
  return vf_mul(vf_from_int(vi_load_bytes((const int8_t *)p + at)), scale);
}

INLINE void scores_of(int bytes, int count, const struct block *b, const struct query *queries,
                      int head_dim, vf scores[QUERIES][2]) {
  const uint16_t *scales = (const uint16_t *)(b->keys + (size_t)KEYS * head_dim);
  vf low_scale = vf_zero(), high_scale = vf_zero();
  UNROLL for (int i = 0; i < count; i++) scores[i][0] = scores[i][1] = vf_zero();
  for (int d = 0; d < head_dim; d++) {
    vf low, high;
    fetch_elements(b->next_keys, (size_t)d * KEYS, KEYS, bytes);
    if (bytes == 1) {
      if (d % CACHE_GROUP == 0) {
        low_scale = vf_load_halves(scales + d / CACHE_GROUP * KEYS);
        high_scale = vf_load_halves(scales + d / CACHE_GROUP * KEYS + 16);
      }
      low = load_quanta(b->keys, (size_t)d * KEYS, low_scale);
      high = load_quanta(b->keys, (size_t)d * KEYS + 16, high_scale);
    } else {
      low = load_elements(bytes, b->keys, (size_t)d * KEYS);
      high = load_elements(bytes, b->keys, (size_t)d * KEYS + 16);
    }
    UNROLL for (int i = 0; i < count; i++) {
      vf q = vf_set1(queries[i].q[d]);
      scores[i][0] = vf_fma(low, q, scores[i][0]);
      scores[i][1] = vf_fma(high, q, scores[i][1]);
    }
  }
}

/* Scores of keys that are not seen count for nothing, whatever lies there. */
INLINE void hide(const struct block *b, vf scores[2]) {
  float lanes[KEYS];
  vf_store(lanes, scores[0]);
  vf_store(lanes + 16, scores[1]);
  for (int i = 0; i < b->from; i++) lanes[i] = -__builtin_inff();
  for (int i = b->to; i < KEYS; i++) lanes[i] = -__builtin_inff();
  scores[0] = vf_load(lanes);
  scores[1] = vf_load(lanes + 16);
}

/* New maxima, and what earlier sums are to be scaled by: one where the maximum is what it was. */
INLINE int raise(int count, vf scores[QUERIES][2], const struct query *queries,
                 float *corrections) {
  float differences[16] = {0};
  int raised = 0;
  UNROLL for (int i = 0; i < count; i++) {
    float before = *queries[i].largest;
    float most = vf_largest(vf_max(scores[i][0], scores[i][1]));
    int higher = most > before;
    *queries[i].largest = higher ? most : before;
    differences[i] = higher ? before - most : 0;
    raised |= higher;
  }
  if (raised) vf_store(corrections, vf_exp(vf_load(differences)));
  return raised;
}

/* Scores to weights, which are left in the scratch. */
INLINE void weights_of(int count, const struct attention *a, const struct block *b,
                       vf scores[QUERIES][2], const struct query *queries, float *corrections) {
  UNROLL for (int i = 0; i < count; i++) {
    UNROLL for (int part = 0; part < 2; part++) {
      scores[i][part] = vf_mul(scores[i][part], vf_set1(a->scale));
      if (a->soft_cap > 0) scores[i][part] = capped(scores[i][part], a->soft_cap);
    }
    if (b->from > 0 || b->to < KEYS) hide(b, scores[i]);
  }
  int raised = raise(count, scores, queries, corrections);
  UNROLL for (int i = 0; i < count; i++) {
    vf most = vf_set1(*queries[i].largest);
    vf low = vf_exp(vf_sub(scores[i][0], most)), high = vf_exp(vf_sub(scores[i][1], most));
    vf sum = vf_load(queries[i].sum);
    if (raised) sum = vf_mul(sum, vf_set1(corrections[i]));
    vf_store(queries[i].sum, vf_add(sum, vf_add(low, high)));
    vf_store(a->scratch + i * KEYS, low);
    vf_store(a->scratch + i * KEYS + 16, high);
  }
}

/* out = out * correction + weights * values, for some vectors of the head and some queries. */
INLINE void weigh_vectors(int bytes, int vectors, int count, const float *weights,
                          const float *corrections, const struct block *b, int head_dim,
                          const struct query *queries, int i) {
  int groups = (head_dim + CACHE_GROUP - 1) / CACHE_GROUP;
  const uint16_t *scales = (const uint16_t *)(b->values + (size_t)KEYS * head_dim);
  vf sums[QUERIES][2];
  UNROLL for (int n = 0; n < count; n++) {
    UNROLL for (int v = 0; v < vectors; v++)
      sums[n][v] = vf_mul(vf_load(queries[n].out + i + 16 * v), vf_set1(corrections[n]));
  }
  for (int t = b->from; t < b->to; t++) {
    size_t at = (size_t)t * head_dim + i;
    vf values[2];
    fetch_elements(b->next_values, at, 16 * vectors, bytes);
    UNROLL for (int v = 0; v < vectors; v++) {
      values[v] = bytes == 1 ? load_quanta(b->values, at + 16 * v,
                                           one_half(scales + t * groups + i / CACHE_GROUP))
                             : load_elements(bytes, b->values, at + 16 * v);
    }
    UNROLL for (int n = 0; n < count; n++) {
      vf weight = vf_set1(weights[n * KEYS + t]);
      UNROLL for (int v = 0; v < vectors; v++)
        sums[n][v] = vf_fma(weight, values[v], sums[n][v]);
    }
  }
  UNROLL for (int n = 0; n < count; n++) {
    UNROLL for (int v = 0; v < vectors; v++) vf_store(queries[n].out + i + 16 * v, sums[n][v]);
  }
}

/* The same for what is left of a head after its last whole vector; of floats. */
INLINE void weigh_rest(int count, const float *weights, const float *corrections,
                       const struct block *b, int head_dim, const struct query *queries, int i) {
  int rest = head_dim - i;
  const float *values = (const float *)b->values;
  vf sums[QUERIES];
  UNROLL for (int n = 0; n < count; n++)
    sums[n] = vf_mul(load_some(queries[n].out + i, rest), vf_set1(corrections[n]));
  for (int t = b->from; t < b->to; t++) {
    vf v = load_some(values + (size_t)t * head_dim + i, rest);
    UNROLL for (int n = 0; n < count; n++)
      sums[n] = vf_fma(vf_set1(weights[n * KEYS + t]), v, sums[n]);
  }
  UNROLL for (int n = 0; n < count; n++) store_some(queries[n].out + i, sums[n], rest);
}

INLINE void visit(int bytes, int count, const struct attention *a, const struct block *b,
                  const struct query *queries) {
  float corrections[16];
  for (int i = 0; i < 16; i++) corrections[i] = 1;
  vf scores[QUERIES][2];
  scores_of(bytes, count, b, queries, a->head_dim, scores);
  weights_of(count, a, b, scores, queries, corrections);
  int i = 0;
  /* Two vectors at once: enough sums in flight to hide the additions' latency. */
  for (; i + 32 <= a->head_dim; i += 32)
    weigh_vectors(bytes, 2, count, a->scratch, corrections, b, a->head_dim, queries, i);
  for (; i + 16 <= a->head_dim; i += 16)
    weigh_vectors(bytes, 1, count, a->scratch, corrections, b, a->head_dim, queries, i);
  if (i < a->head_dim) weigh_rest(count, a->scratch, corrections, b, a->head_dim, queries, i);
}

static void widen_halves(const uint16_t *from, float *to, int count) {
  for (int i = 0; i < count; i += 16) vf_store(to + i, vf_load_halves(from + i));
}

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

/* A query of a row, beside the running figures of a tile. */
INLINE struct query query_at(const struct attention *a, int row, int head, float *largest,
                             float *sums) {
  size_t at = row * a->row_stride + (size_t)head * a->head_dim;
  int n = row * a->group + head;
  return (struct query){a->queries + at, a->out + at, largest + n, sums + 16 * n};
}

/* All queries of a row, for a block; they see the same keys. */
INLINE void visit_row(int bytes, const struct attention *a, int row, struct block *b,
                      float *largest, float *sums) {
  for (int head = 0; head < a->group;) {
    int some = a->group - head < QUERIES ? 1 : QUERIES;
    struct query queries[QUERIES];
    for (int i = 0; i < some; i++) queries[i] = query_at(a, row, head + i, largest, sums);
    if (some == 1) visit(bytes, 1, a, b, queries);
    else visit(bytes, QUERIES, a, b, queries);
    head += some;
    b->next_keys = b->next_values = 0;
  }
}

/* All rows, for a block: its elements are read by all of them, so they may have been widened. */
INLINE void visit_rows(int bytes, const struct attention *a, int block, struct block *b,
                       float *largest, float *sums) {
  for (int row = 0; row < a->rows; row++) {
    int position = a->first_position + row;
    int from = first_visible(a, position) - block * KEYS;
    int to = position + 1 - block * KEYS;
    b->from = from < 0 ? 0 : from;
    b->to = to > KEYS ? KEYS : to;
    if (b->from < b->to) visit_row(bytes, a, row, b, largest, sums);
  }
}

static void visit_floats(const struct attention *a, int block, struct block *b, float *largest,
                         float *sums) {
  visit_rows(4, a, block, b, largest, sums);
}

static void visit_halves(const struct attention *a, int block, struct block *b, float *largest,
                         float *sums) {
  visit_rows(2, a, block, b, largest, sums);
}

static void visit_quanta(const struct attention *a, int block, struct block *b, float *largest,
                         float *sums) {
  visit_rows(1, a, block, b, largest, sums);
}

/*
 * Whether a tile's queries widen the elements themselves as they load them: a single row does, for
 * which writing them down first would cost more. The results are the same.
 */
static int widens_itself(const struct attention *a) {
  return a->element_bytes != 4 && a->rows == 1 && a->head_dim % 16 == 0;
}

static void visit_block(const struct attention *a, int number, const uint8_t *address,
                        const uint8_t *next, float *decoded, float *largest, float *sums) {
  struct block b = {.keys = address, .values = address + a->head_bytes};
  if (a->element_bytes == 4 || widens_itself(a)) {
    b.next_keys = next;
    b.next_values = next ? next + a->head_bytes : 0;
  } else {
    widen_block(a, address, decoded);
    b.keys = (const uint8_t *)decoded;
    b.values = (const uint8_t *)(decoded + KEYS * a->head_dim);
  }
  if (!widens_itself(a)) visit_floats(a, number, &b, largest, sums);
  else if (a->element_bytes == 2) visit_halves(a, number, &b, largest, sums);
  else visit_quanta(a, number, &b, largest, sums);
}

static void attend(const struct attention *a) {
  int count = a->rows * a->group;
  float *decoded = a->scratch + ATTENTION_WEIGHTS;
  float *sums = decoded + 2 * KEYS * a->head_dim;
  float *largest = sums + 16 * count;
  for (int i = 0; i < count; i++) largest[i] = -__builtin_inff();
  memset(sums, 0, (size_t)count * 16 * sizeof(float));
  for (int row = 0; row < a->rows; row++)
    memset(a->out + row * a->row_stride, 0, (size_t)a->group * a->head_dim * sizeof(float));
  int first = first_visible(a, a->first_position) / KEYS;
  int last = (a->first_position + a->rows - 1) / KEYS;
  for (int block = first; block <= last; block++) {
    const int64_t *address = a->blocks + (block - first);
    const uint8_t *next = block < last ? (const uint8_t *)(uintptr_t)address[1] : 0;
    visit_block(a, block, (const uint8_t *)(uintptr_t)address[0], next, decoded, largest, sums);
  }
  for (int i = 0; i < count; i++) {
    float *out = a->out + i / a->group * a->row_stride + (size_t)(i % a->group) * a->head_dim;
    scale(out, 1 / sum_lanes(vf_load(sums + 16 * i)), a->head_dim);
  }
}
