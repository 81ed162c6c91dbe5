/*
 * Where unpacked blocks go: straight into the sums of a single token, or into a panel that all
 * tokens use. A block is 32 columns of sixteen rows: eight registers, each with four columns of
 * every row, and the rows' scales.
 *
 * Both ways, and on every machine, a row and a token take the same steps: an exact sum of integers
 * for each block, and one rounded product and one fused addition for each scale, in the order of the
 * columns. So results are the same bits whatever the tokens beside, and in Java's own model of it.
 */

/* Kinds of blocks: one scale; a scale and a minimum; two of each, for sixteen columns each. */
enum kind { ONE_SCALE, WITH_MINIMUM, TWO_SCALES, TWO_WITH_MINIMA };

/*
 * How a type's blocks are multiplied. Unsigned quanta stand for quanta minus 8 << shift; NO_OFFSET
 * for the quanta themselves.
 */
#define NO_OFFSET 99

struct sink {
  int direct;
  /* direct: where the token is, and the rows' sums so far */
  struct activations x;
  vf sum;
  /* otherwise: where the next block goes */
  uint8_t *bytes;
  float *scales;
};

/* Bytes of a panel's block; its scales and minima are four vectors at most. */
#define PANEL_BLOCK_BYTES (BLOCK * PANEL_ROWS)
#define PANEL_BLOCK_SCALES (4 * PANEL_ROWS)

INLINE vi offset_of(const int32_t *offset, int shift) {
  if (shift == NO_OFFSET) return vi_zero();
  vi x = vi_four(offset);
  return shift < 0 ? vi_sar(x, 1) : vi_shl(x, (shift < 0 ? 0 : shift));
}

INLINE vi dot(int is_signed, vi sum, vi weights, const int8_t *x) {
  return is_signed ? dot4_signed(sum, weights, vi_four(x)) : dot4(sum, weights, vi_four(x));
}

INLINE void emit(struct sink *s, int kind, int shift, int is_signed, const vi q[8],
                 const vf scales[4]) {
  int two = kind == TWO_SCALES || kind == TWO_WITH_MINIMA;
  if (!s->direct) {
    UNROLL for (int i = 0; i < 8; i++) vi_store(s->bytes + 64 * i, q[i]);
    vf_store(s->scales, scales[0]);
    if (kind != ONE_SCALE) vf_store(s->scales + PANEL_ROWS, scales[1]);
    if (kind == TWO_WITH_MINIMA) {
      vf_store(s->scales + 2 * PANEL_ROWS, scales[2]);
      vf_store(s->scales + 3 * PANEL_ROWS, scales[3]);
    }
    s->bytes += PANEL_BLOCK_BYTES;
    s->scales += PANEL_BLOCK_SCALES;
    return;
  }
  vi a = offset_of(two ? s->x.half_offsets : s->x.offsets, shift);
  vi b = two ? offset_of(s->x.half_offsets + 1, shift) : vi_zero();
  UNROLL for (int i = 0; i < 4; i++) {
    a = dot(is_signed, a, q[i], s->x.bytes + 4 * i);
    b = dot(is_signed, b, q[i + 4], s->x.bytes + 16 + 4 * i);
  }
  vf d = vf_set1(*s->x.scales);
  if (two) {
    s->sum = vf_fma(vf_from_int(a), vf_mul(scales[0], d), s->sum);
    s->sum = vf_fma(vf_from_int(b), vf_mul(scales[1], d), s->sum);
  } else {
    s->sum = vf_fma(vf_from_int(vi_add(a, b)), vf_mul(scales[0], d), s->sum);
  }
  if (kind == WITH_MINIMUM) s->sum = vf_fma(scales[1], vf_set1(*s->x.sums), s->sum);
  if (kind == TWO_WITH_MINIMA) {
    /* An eighth is exact, so this is d * sum of each half. */
    vf e = vf_mul(d, vf_set1(-0.125f));
    UNROLL for (int i = 0; i < 2; i++) {
      vf half = vf_mul(vf_from_int(vi_four(s->x.half_offsets + i)), e);
      s->sum = vf_fma(scales[2 + i], half, s->sum);
    }
  }
  s->x.bytes += BLOCK;
  s->x.scales++;
  s->x.sums++;
  s->x.offsets++;
  s->x.half_offsets += 2;
}
