/* Operations on rows of activations. What is left after whole vectors is done in a padded one. */

INLINE vf load_some(const float *p, int count) {
  float lanes[16] = {0};
  memcpy(lanes, p, count * sizeof(float));
  return vf_load(lanes);
}

INLINE void store_some(float *p, vf a, int count) {
  float lanes[16];
  vf_store(lanes, a);
  memcpy(p, lanes, count * sizeof(float));
}

/* Runs for whole vectors and then once for the rest, with load and store to match. */
#define EACH_VECTOR(count, body)                                                                   \
  do {                                                                                             \
    int i = 0;                                                                                     \
    for (; i + 16 <= (count); i += 16) {                                                           \
      enum { rest = 16 };                                                                          \
      body                                                                                         \
    }                                                                                              \
    if (i < (count)) {                                                                             \
      int rest = (count) - i;                                                                      \
      body                                                                                         \
    }                                                                                              \
  } while (0)
#define GET(p) (rest == 16 ? vf_load((p) + i) : load_some((p) + i, rest))
#define SET(p, a)                                                                                  \
  do {                                                                                             \
    if (rest == 16) vf_store((p) + i, a);                                                          \
    else store_some((p) + i, a, rest);                                                             \
  } while (0)

/* All lanes' sum, folded by halves. */
INLINE float sum_lanes(vf a) {
  float lanes[16];
  vf_store(lanes, a);
  for (int half = 8; half > 0; half /= 2) {
    for (int i = 0; i < half; i++) lanes[i] += lanes[i + half];
  }
  return lanes[0];
}

/*
 * e^x to about one unit in the last place for x up to 88; 0 below -87.3. x = n ln 2 + r, the Taylor
 * series of e^r to the seventh power, n added to the exponent. Cody and Waite 1980, chapter 6.
 */
INLINE vf vf_exp(vf x) {
  vf clamped = vf_max(vf_set1(-87.3f), vf_min(vf_set1(88), x));
  /* Adding 1.5 * 2^23 rounds to a whole number and leaves it in the low bits. */
  vf magic = vf_set1(12582912.0f);
  vf shifted = vf_fma(clamped, vf_set1(1.44269504f), magic);
  vf n = vf_sub(shifted, magic);
  vf r = vf_fma(n, vf_set1(-0.693359375f), clamped);
  r = vf_fma(n, vf_set1(2.12194440e-4f), r);
  vf p = vf_fma(r, vf_set1(1.0f / 5040), vf_set1(1.0f / 720));
  p = vf_fma(p, r, vf_set1(1.0f / 120));
  p = vf_fma(p, r, vf_set1(1.0f / 24));
  p = vf_fma(p, r, vf_set1(1.0f / 6));
  p = vf_fma(p, r, vf_set1(0.5f));
  p = vf_fma(p, r, vf_set1(1));
  p = vf_fma(p, r, vf_set1(1));
  vf power = vi_floats(vi_add(vf_bits(p), vi_shl(vf_bits(shifted), 23)));
  return vf_unless_less(power, x, vf_set1(-87.3f));
}

static void norm(const float *x, const float *weight, float epsilon, int count, float *out) {
  vf sum = vf_zero();
  EACH_VECTOR(count, { sum = vf_fma(GET(x), GET(x), sum); });
  float inverse = (float)(1 / __builtin_sqrt((double)sum_lanes(sum) / count + epsilon));
  vf factor = vf_set1(inverse);
  EACH_VECTOR(count, { SET(out, vf_mul(vf_mul(GET(x), factor), GET(weight))); });
}

static void add_scaled(float *x, const float *y, float factor, int count) {
  vf f = vf_set1(factor);
  EACH_VECTOR(count, { SET(x, vf_fma(GET(y), f, GET(x))); });
}

static void scale(float *x, float factor, int count) {
  vf f = vf_set1(factor);
  EACH_VECTOR(count, { SET(x, vf_mul(GET(x), f)); });
}

/* x / (1 + e^-u(x)): both activations are x times a logistic function. */
INLINE vf logistic(int gelu, vf x) {
  vf argument = x;
  if (gelu) {
    /* 2 sqrt(2 / pi) x (1 + 0.044715 x^2) */
    argument = vf_fma(vf_mul(x, x), vf_set1(0.044715f), vf_set1(1));
    argument = vf_mul(vf_mul(argument, x), vf_set1(1.5957691f));
  }
  return vf_div(x, vf_add(vf_exp(vf_sub(vf_zero(), argument)), vf_set1(1)));
}

static void activate(int gelu, float *gate, const float *up, int count) {
  if (gelu) EACH_VECTOR(count, { SET(gate, vf_mul(logistic(1, GET(gate)), GET(up))); });
  else EACH_VECTOR(count, { SET(gate, vf_mul(logistic(0, GET(gate)), GET(up))); });
}

/* cap * tanh(x / cap), with tanh(u) = 1 - 2 / (e^2u + 1). */
INLINE vf capped(vf x, float cap) {
  vf e = vf_add(vf_exp(vf_mul(x, vf_set1(2 / cap))), vf_set1(1));
  return vf_mul(vf_sub(vf_set1(1), vf_div(vf_set1(2), e)), vf_set1(cap));
}

static void soft_cap(float *x, float cap, int count) {
  EACH_VECTOR(count, { SET(x, capped(GET(x), cap)); });
}

/* Columns among which the most likely one is looked for once it is known to be there. */
#define LIKELY_RUN 1024

/* The largest; faults takes on other bits than zero where a value is no number, or infinite. */
INLINE float largest_of(const float *x, int count, vf *faults) {
  float most = -__builtin_inff();
  int i = 0;
  if (count >= 16) {
    vf largest = vf_load(x);
    for (; i + 16 <= count; i += 16) {
      vf own = vf_load(x + i);
      largest = vf_max(largest, own);
      *faults = vf_fma(own, vf_zero(), *faults);
    }
    most = vf_largest(largest);
  }
  for (; i < count; i++) {
    most = x[i] > most ? x[i] : most;
    *faults = vf_fma(vf_set1(x[i]), vf_zero(), *faults);
  }
  return most;
}

/* The first of the largest values' indexes; -1 where one is no number, or infinite. */
static int most_likely(const float *x, int count) {
  vf faults = vf_zero();
  float best = -__builtin_inff();
  int run = -1;
  for (int from = 0; from < count; from += LIKELY_RUN) {
    int some = count - from < LIKELY_RUN ? count - from : LIKELY_RUN;
    float most = largest_of(x + from, some, &faults);
    if (most > best) {
      best = most;
      run = from;
    }
  }
  vf none = vf_sub(faults, faults);
  if (run < 0 || vi_sum(vf_bits(none)) != 0) return -1;
  while (x[run] != best) run++;
  return run;
}

/* See Kernels.rotate: sin is negative where it multiplies a pair's second element. */
static void rotate(int halves, float *x, const float *cos, const float *sin, int dimensions) {
  if (!halves) {
    EACH_VECTOR(dimensions, {
      vf own = GET(x);
      SET(x, vf_fma(own, GET(cos), vf_mul(vf_swap(own), GET(sin))));
    });
    return;
  }
  int half = dimensions / 2;
  float *y = x + half;
  EACH_VECTOR(half, {
    vf first = GET(x);
    vf second = GET(y);
    SET(x, vf_fma(first, GET(cos), vf_mul(second, GET(sin))));
    SET(y, vf_fma(second, GET(cos + half), vf_mul(first, GET(sin + half))));
  });
}

/* Reads whole groups of four vectors and returns something that depends on all of them. */
static int64_t read_all(const uint8_t *p, size_t bytes) {
  vi sums[4] = {vi_zero(), vi_zero(), vi_zero(), vi_zero()};
  for (size_t at = 0; at + 256 <= bytes; at += 256) {
    UNROLL for (int i = 0; i < 4; i++) sums[i] = vi_add(sums[i], vi_load(p + at + 64 * i));
  }
  int32_t lanes[16];
  vi_store(lanes, vi_add(vi_add(sums[0], sums[1]), vi_add(sums[2], sums[3])));
  int64_t sum = 0;
  for (int i = 0; i < 16; i++) sum += lanes[i];
  return sum;
}
