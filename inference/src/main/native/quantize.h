/* Activations to eight bits. */

/*
 * One block: scale = largest magnitude / 127, quanta rounded to nearest. A block with an infinity
 * or without a number gets a scale that is no number, so that what is computed from it is none.
 */
INLINE void quantize_block(const float *x, int8_t *bytes, float *scale, int32_t halves[2]) {
  vf a = vf_load(x), b = vf_load(x + 16);
  vi magnitude = vi_set1(0x7fffffff);
  vf largest = vf_max(vi_floats(vi_and(vf_bits(a), magnitude)),
                      vi_floats(vi_and(vf_bits(b), magnitude)));
  float most = vf_largest(largest);
  /* Zero, or no number where a product with zero is none. */
  vf poison = vf_fma(a, vf_zero(), vf_mul(b, vf_zero()));
  float fault = 0;
  if (vi_sum(vf_bits(vf_sub(poison, poison))) != 0) fault = __builtin_nanf("");
  /* Below this the reciprocal would overflow; such a block is as good as zero. */
  float inverse = most < 1e-30f ? 0 : 127 / most;
  *scale = (most < 1e-30f ? 0 : most / 127) + fault;
  vi qa = vf_round(vf_mul(a, vf_set1(inverse)));
  vi qb = vf_round(vf_mul(b, vf_set1(inverse)));
  vi_store_bytes(bytes, qa);
  vi_store_bytes(bytes + 16, qb);
  halves[0] = vi_sum(qa);
  halves[1] = vi_sum(qb);
}

static void quantize(const float *x, int columns, int from, int count, uint8_t *out) {
  struct activations a = activations_at(out, columns, from / BLOCK);
  for (int block = 0; block < count / BLOCK; block++) {
    int32_t halves[2];
    float scale;
    quantize_block(x + (size_t)block * BLOCK, (int8_t *)a.bytes + (size_t)block * BLOCK, &scale,
                   halves);
    int32_t sum = halves[0] + halves[1];
    ((float *)a.scales)[block] = scale;
    ((float *)a.sums)[block] = scale * (float)sum;
    ((int32_t *)a.offsets)[block] = -8 * sum;
    ((int32_t *)a.half_offsets)[2 * block] = -8 * halves[0];
    ((int32_t *)a.half_offsets)[2 * block + 1] = -8 * halves[1];
  }
}
