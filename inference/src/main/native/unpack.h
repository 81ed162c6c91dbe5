/*
 * Each type's blocks of sixteen rows, unpacked as ggml defines them (ggml-quants.c,
 * dequantize_row_*). p is the first row's block; the others follow at the stride.
 */

static const int8_t IQ4_VALUES[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                      1,    13,   25,  38,  53,  69,  89,  113};

INLINE vi nibbles_low(vi a) { return vi_and(a, vi_set1(0x0f0f0f0f)); }
INLINE vi nibbles_high(vi a) { return vi_and(vi_shr(a, 4), vi_set1(0x0f0f0f0f)); }

/* Two registers of sixteen rows' halves, from one of words. */
INLINE vf half_low(vi a) { return vf_halves(vi_and(a, vi_set1(0xffff))); }
INLINE vf half_high(vi a) { return vf_halves(vi_shr(a, 16)); }

INLINE vf negated(vf a) { return vf_sub(vf_zero(), a); }

/* Thirty-two nibbles of each row: the low ones first. */
INLINE void load_nibbles(const uint8_t *p, size_t stride, vi q[8]) {
  vi v[4];
  load_across(p, stride, v);
  UNROLL for (int i = 0; i < 4; i++) {
    q[i] = nibbles_low(v[i]);
    q[i + 4] = nibbles_high(v[i]);
  }
}

/* Adds each row's thirty-two high bits as bit 4. */
INLINE void add_fifth_bits(vi bits, vi q[8]) {
  UNROLL for (int i = 0; i < 8; i++) {
    vi four = vi_and(vi_shr(bits, 4 * i), vi_set1(15));
    /* Bit j to bit 4 of byte j: copies at distance 7, so that each byte has its own. */
    vi spread = vi_or(vi_or(vi_shl(four, 4), vi_shl(four, 11)), vi_or(vi_shl(four, 18), vi_shl(four, 25)));
    q[i] = vi_or(q[i], vi_and(spread, vi_set1(0x10101010)));
  }
}

INLINE void unpack_q4_0(const uint8_t *p, size_t stride, struct sink *s) {
  vi q[8];
  load_nibbles(p + 2, stride, q);
  vf scales[4] = {half_low(load_words(p, stride))};
  emit(s, ONE_SCALE, 0, 0, q, scales);
}

INLINE void unpack_q4_1(const uint8_t *p, size_t stride, struct sink *s) {
  vi q[8];
  load_nibbles(p + 4, stride, q);
  vi d = load_words(p, stride);
  vf scales[4] = {half_low(d), half_high(d)};
  emit(s, WITH_MINIMUM, NO_OFFSET, 0, q, scales);
}

INLINE void unpack_q5_0(const uint8_t *p, size_t stride, struct sink *s) {
  vi q[8];
  load_nibbles(p + 6, stride, q);
  add_fifth_bits(load_words(p + 2, stride), q);
  vf scales[4] = {half_low(load_words(p, stride))};
  emit(s, ONE_SCALE, 1, 0, q, scales);
}

INLINE void unpack_q5_1(const uint8_t *p, size_t stride, struct sink *s) {
  vi q[8];
  load_nibbles(p + 8, stride, q);
  add_fifth_bits(load_words(p + 4, stride), q);
  vi d = load_words(p, stride);
  vf scales[4] = {half_low(d), half_high(d)};
  emit(s, WITH_MINIMUM, NO_OFFSET, 0, q, scales);
}

#define SIGNED_OFFSET (HAS_SIGNED_OFFSET ? SIGNED_SHIFT : NO_OFFSET)

INLINE void unpack_q8_0(const uint8_t *p, size_t stride, struct sink *s) {
  vi q[8];
  load_across(p + 2, stride, q);
  load_across(p + 18, stride, q + 4);
  UNROLL for (int i = 0; i < 8; i++) q[i] = signed_bytes(q[i]);
  vf scales[4] = {half_low(load_words(p, stride))};
  emit(s, ONE_SCALE, SIGNED_OFFSET, 1, q, scales);
}

INLINE void unpack_iq4_nl(const uint8_t *p, size_t stride, struct sink *s) {
  vi q[8];
  load_nibbles(p + 2, stride, q);
  UNROLL for (int i = 0; i < 8; i++) q[i] = signed_bytes(lookup(IQ4_VALUES, q[i]));
  vf scales[4] = {half_low(load_words(p, stride))};
  emit(s, ONE_SCALE, SIGNED_OFFSET, 1, q, scales);
}

INLINE void unpack_iq4_xs(const uint8_t *p, size_t stride, struct sink *s) {
  vi head = load_words(p, stride);
  vi low = load_words(p + 4, stride);
  vf d = half_low(head);
  UNROLL for (int group = 0; group < 8; group++) {
    vi q[8];
    load_nibbles(p + 8 + 16 * group, stride, q);
    UNROLL for (int i = 0; i < 8; i++) q[i] = signed_bytes(lookup(IQ4_VALUES, q[i]));
    vi scale = vi_or(vi_and(vi_shr(low, 4 * group), vi_set1(15)),
                     vi_shl(vi_and(vi_shr(head, 16 + 2 * group), vi_set1(3)), 4));
    vf scales[4] = {vf_mul(d, vf_from_int(vi_add(scale, vi_set1(-32))))};
    emit(s, ONE_SCALE, SIGNED_OFFSET, 1, q, scales);
  }
}

/* A k-quant's six-bit scales and minima: four of each to a register. */
struct k_scales {
  vf d, min;
  vi scales[2], minima[2];
};

INLINE struct k_scales load_k_scales(const uint8_t *p, size_t stride) {
  vi v[4];
  load_across(p, stride, v);
  struct k_scales k;
  k.d = half_low(v[0]);
  k.min = negated(half_high(v[0]));
  vi six = vi_set1(0x3f3f3f3f), two = vi_set1(0x30303030);
  k.scales[0] = vi_and(v[1], six);
  k.minima[0] = vi_and(v[2], six);
  k.scales[1] = vi_or(nibbles_low(v[3]), vi_and(vi_shr(v[1], 2), two));
  k.minima[1] = vi_or(nibbles_high(v[3]), vi_and(vi_shr(v[2], 2), two));
  return k;
}

INLINE vf unsigned_byte(vi a, int index) {
  return vf_from_int(vi_and(vi_shr(a, 8 * index), vi_set1(255)));
}

INLINE vf signed_byte(vi a, int index) { return vf_from_int(vi_sar(vi_shl(a, 24 - 8 * index), 24)); }

INLINE void emit_k(struct sink *s, const struct k_scales *k, int group, const vi q[8]) {
  vf scales[4] = {vf_mul(k->d, unsigned_byte(k->scales[group / 4], group % 4)),
                  vf_mul(k->min, unsigned_byte(k->minima[group / 4], group % 4))};
  emit(s, WITH_MINIMUM, NO_OFFSET, 0, q, scales);
}

INLINE void unpack_q4_k(const uint8_t *p, size_t stride, struct sink *s) {
  struct k_scales k = load_k_scales(p, stride);
  UNROLL for (int pair = 0; pair < 4; pair++) {
    vi raw[8], q[8];
    load_across(p + 16 + 32 * pair, stride, raw);
    load_across(p + 32 + 32 * pair, stride, raw + 4);
    UNROLL for (int i = 0; i < 8; i++) q[i] = nibbles_low(raw[i]);
    emit_k(s, &k, 2 * pair, q);
    UNROLL for (int i = 0; i < 8; i++) q[i] = nibbles_high(raw[i]);
    emit_k(s, &k, 2 * pair + 1, q);
  }
}

/* Bit n of every byte, as bit 4. */
INLINE vi fifth_bit(vi a, int n) {
  vi moved = n < 4 ? vi_shl(a, (n < 4 ? 4 - n : 0)) : vi_shr(a, (n < 4 ? 0 : n - 4));
  return vi_and(moved, vi_set1(0x10101010));
}

INLINE void unpack_q5_k(const uint8_t *p, size_t stride, struct sink *s) {
  struct k_scales k = load_k_scales(p, stride);
  vi high[8];
  load_across(p + 16, stride, high);
  load_across(p + 32, stride, high + 4);
  UNROLL for (int pair = 0; pair < 4; pair++) {
    vi raw[8], q[8];
    load_across(p + 48 + 32 * pair, stride, raw);
    load_across(p + 64 + 32 * pair, stride, raw + 4);
    UNROLL for (int i = 0; i < 8; i++) q[i] = vi_or(nibbles_low(raw[i]), fifth_bit(high[i], 2 * pair));
    emit_k(s, &k, 2 * pair, q);
    UNROLL for (int i = 0; i < 8; i++)
      q[i] = vi_or(nibbles_high(raw[i]), fifth_bit(high[i], 2 * pair + 1));
    emit_k(s, &k, 2 * pair + 1, q);
  }
}

/* Bits n and n + 1 of every byte, as bits 4 and 5. */
INLINE vi high_pair(vi a, int n) {
  vi moved = n < 4 ? vi_shl(a, (n < 4 ? 4 - n : 0)) : vi_shr(a, (n < 4 ? 0 : n - 4));
  return vi_and(moved, vi_set1(0x30303030));
}

INLINE void emit_q6_k(struct sink *s, vf d, vi groups, int index, const vi low[8], const vi high[8],
                      int bits, int upper) {
  vi q[8];
  UNROLL for (int i = 0; i < 8; i++) {
    q[i] = vi_or(upper ? nibbles_high(low[i]) : nibbles_low(low[i]), high_pair(high[i], bits));
  }
  vf scales[4] = {vf_mul(d, signed_byte(groups, index)), vf_mul(d, signed_byte(groups, index + 1))};
  emit(s, TWO_SCALES, 2, 0, q, scales);
}

INLINE void unpack_q6_k(const uint8_t *p, size_t stride, struct sink *s) {
  /* Read from two bytes before: the block may be the file's last. */
  vf d = half_high(load_words(p + 206, stride));
  vi groups[4];
  load_across(p + 192, stride, groups);
  UNROLL for (int half = 0; half < 2; half++) {
    vi high[8], low[8], next[8];
    load_across(p + 128 + 32 * half, stride, high);
    load_across(p + 144 + 32 * half, stride, high + 4);
    load_across(p + 64 * half, stride, low);
    load_across(p + 16 + 64 * half, stride, low + 4);
    emit_q6_k(s, d, groups[2 * half], 0, low, high, 0, 0);
    load_across(p + 32 + 64 * half, stride, next);
    load_across(p + 48 + 64 * half, stride, next + 4);
    emit_q6_k(s, d, groups[2 * half], 2, next, high, 2, 0);
    emit_q6_k(s, d, groups[2 * half + 1], 0, low, high, 4, 1);
    emit_q6_k(s, d, groups[2 * half + 1], 2, next, high, 6, 1);
  }
}

INLINE void unpack_q2_k(const uint8_t *p, size_t stride, struct sink *s) {
  vi d = load_words(p + 80, stride);
  vf scale = half_low(d), min = negated(half_high(d));
  vi groups[4];
  load_across(p, stride, groups);
  UNROLL for (int half = 0; half < 2; half++) {
    vi raw[8];
    load_across(p + 16 + 32 * half, stride, raw);
    load_across(p + 32 + 32 * half, stride, raw + 4);
    UNROLL for (int part = 0; part < 4; part++) {
      vi q[8];
      UNROLL for (int i = 0; i < 8; i++) q[i] = vi_and(vi_shr(raw[i], 2 * part), vi_set1(0x03030303));
      vi g = groups[2 * half + part / 2];
      vi low = nibbles_low(g), high = nibbles_high(g);
      int index = part % 2 * 2;
      vf scales[4] = {
          vf_mul(scale, unsigned_byte(low, index)), vf_mul(scale, unsigned_byte(low, index + 1)),
          vf_mul(min, unsigned_byte(high, index)), vf_mul(min, unsigned_byte(high, index + 1))};
      emit(s, TWO_WITH_MINIMA, NO_OFFSET, 0, q, scales);
    }
  }
}

/* Six-bit scales of Q3_K, four to a register: low nibbles and then high pairs. */
INLINE void load_q3_k_scales(const uint8_t *p, size_t stride, vi groups[4]) {
  vi a = load_words(p, stride), b = load_words(p + 4, stride), c = load_words(p + 8, stride);
  vi two = vi_set1(0x30303030);
  groups[0] = vi_or(nibbles_low(a), vi_and(vi_shl(c, 4), two));
  groups[1] = vi_or(nibbles_low(b), vi_and(vi_shl(c, 2), two));
  groups[2] = vi_or(nibbles_high(a), vi_and(c, two));
  groups[3] = vi_or(nibbles_high(b), vi_and(vi_shr(c, 2), two));
}

INLINE vf q3_k_scale(vf d, vi groups, int index) {
  return vf_mul(d, vf_from_int(vi_add(vi_and(vi_shr(groups, 8 * index), vi_set1(255)), vi_set1(-32))));
}

INLINE void unpack_q3_k(const uint8_t *p, size_t stride, struct sink *s) {
  vf d = half_high(load_words(p + 106, stride));
  vi groups[4], high[8];
  load_q3_k_scales(p + 96, stride, groups);
  load_across(p, stride, high);
  load_across(p + 16, stride, high + 4);
  UNROLL for (int half = 0; half < 2; half++) {
    vi raw[8];
    load_across(p + 32 + 32 * half, stride, raw);
    load_across(p + 48 + 32 * half, stride, raw + 4);
    UNROLL for (int part = 0; part < 4; part++) {
      vi q[8];
      UNROLL for (int i = 0; i < 8; i++) {
        vi low = vi_and(vi_shr(raw[i], 2 * part), vi_set1(0x03030303));
        vi bit = vi_shr(fifth_bit(high[i], 4 * half + part), 2);
        q[i] = vi_or(low, bit);
      }
      vi g = groups[2 * half + part / 2];
      int index = part % 2 * 2;
      vf scales[4] = {q3_k_scale(d, g, index), q3_k_scale(d, g, index + 1)};
      emit(s, TWO_SCALES, -1, 0, q, scales);
    }
  }
}
