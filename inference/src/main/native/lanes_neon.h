/* Sixteen lanes in four NEON registers; each lane is a weight row, a token or a column. */
#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

#define TILE_PANELS 1
#define TILE_TOKENS 2

#define SIGNED_SHIFT 0
#define HAS_SIGNED_OFFSET 0

typedef struct {
  int32x4_t v[4];
} vi;
typedef struct {
  float32x4_t v[4];
} vf;

#define EACH UNROLL for (int i = 0; i < 4; i++)

INLINE vi vi_set1(int x) {
  vi r;
  EACH r.v[i] = vdupq_n_s32(x);
  return r;
}
INLINE vi vi_zero(void) { return vi_set1(0); }
INLINE vi vi_load(const void *p) {
  vi r;
  EACH r.v[i] = vreinterpretq_s32_u8(vld1q_u8((const uint8_t *)p + 16 * i));
  return r;
}
INLINE void vi_store(void *p, vi x) {
  EACH vst1q_u8((uint8_t *)p + 16 * i, vreinterpretq_u8_s32(x.v[i]));
}
INLINE vi vi_and(vi x, vi y) {
  EACH x.v[i] = vandq_s32(x.v[i], y.v[i]);
  return x;
}
INLINE vi vi_or(vi x, vi y) {
  EACH x.v[i] = vorrq_s32(x.v[i], y.v[i]);
  return x;
}
INLINE vi vi_add(vi x, vi y) {
  EACH x.v[i] = vaddq_s32(x.v[i], y.v[i]);
  return x;
}
INLINE vi vi_sub_bytes(vi x, vi y) {
  EACH x.v[i] = vreinterpretq_s32_s8(
      vsubq_s8(vreinterpretq_s8_s32(x.v[i]), vreinterpretq_s8_s32(y.v[i])));
  return x;
}
INLINE vi vi_shl(vi x, int n) {
  EACH x.v[i] = vshlq_s32(x.v[i], vdupq_n_s32(n));
  return x;
}
INLINE vi vi_shr(vi x, int n) {
  EACH x.v[i] = vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(x.v[i]), vdupq_n_s32(-n)));
  return x;
}
INLINE vi vi_sar(vi x, int n) {
  EACH x.v[i] = vshlq_s32(x.v[i], vdupq_n_s32(-n));
  return x;
}

INLINE vf vf_set1(float x) {
  vf r;
  EACH r.v[i] = vdupq_n_f32(x);
  return r;
}
INLINE vf vf_zero(void) { return vf_set1(0); }
INLINE vf vf_load(const float *p) {
  vf r;
  EACH r.v[i] = vld1q_f32(p + 4 * i);
  return r;
}
INLINE void vf_store(float *p, vf x) { EACH vst1q_f32(p + 4 * i, x.v[i]); }
INLINE vf vf_add(vf x, vf y) {
  EACH x.v[i] = vaddq_f32(x.v[i], y.v[i]);
  return x;
}
INLINE vf vf_sub(vf x, vf y) {
  EACH x.v[i] = vsubq_f32(x.v[i], y.v[i]);
  return x;
}
INLINE vf vf_mul(vf x, vf y) {
  EACH x.v[i] = vmulq_f32(x.v[i], y.v[i]);
  return x;
}
INLINE vf vf_div(vf x, vf y) {
  EACH x.v[i] = vdivq_f32(x.v[i], y.v[i]);
  return x;
}
INLINE vf vf_fma(vf x, vf y, vf z) {
  EACH z.v[i] = vfmaq_f32(z.v[i], x.v[i], y.v[i]);
  return z;
}
/* As on x86: the second where one is no number. */
INLINE vf vf_max(vf x, vf y) {
  EACH y.v[i] = vbslq_f32(vcgtq_f32(x.v[i], y.v[i]), x.v[i], y.v[i]);
  return y;
}
INLINE vf vf_min(vf x, vf y) {
  EACH y.v[i] = vbslq_f32(vcltq_f32(x.v[i], y.v[i]), x.v[i], y.v[i]);
  return y;
}
INLINE vf vf_from_int(vi x) {
  vf r;
  EACH r.v[i] = vcvtq_f32_s32(x.v[i]);
  return r;
}
INLINE vi vf_round(vf x) {
  vi r;
  EACH r.v[i] = vcvtnq_s32_f32(x.v[i]);
  return r;
}
INLINE vi vf_bits(vf x) {
  vi r;
  EACH r.v[i] = vreinterpretq_s32_f32(x.v[i]);
  return r;
}
INLINE vf vi_floats(vi x) {
  vf r;
  EACH r.v[i] = vreinterpretq_f32_s32(x.v[i]);
  return r;
}
/* z where x >= y or one of them is no number, else 0. */
INLINE vf vf_unless_less(vf z, vf x, vf y) {
  EACH z.v[i] = vreinterpretq_f32_u32(
      vbicq_u32(vreinterpretq_u32_f32(z.v[i]), vcltq_f32(x.v[i], y.v[i])));
  return z;
}
/* Swaps neighbours. */
INLINE vf vf_swap(vf x) {
  EACH x.v[i] = vrev64q_f32(x.v[i]);
  return x;
}

INLINE float vf_largest(vf x) {
  return vmaxvq_f32(vmaxq_f32(vmaxq_f32(x.v[0], x.v[1]), vmaxq_f32(x.v[2], x.v[3])));
}
INLINE int vi_sum(vi x) {
  return vaddvq_s32(vaddq_s32(vaddq_s32(x.v[0], x.v[1]), vaddq_s32(x.v[2], x.v[3])));
}

/* Four bytes, in every lane. */
INLINE vi vi_four(const void *p) {
  int32_t x;
  memcpy(&x, p, 4);
  return vi_set1(x);
}

/* Sixteen signed integers, which fit, as bytes. */
INLINE void vi_store_bytes(int8_t *p, vi x) {
  int16x8_t low = vcombine_s16(vmovn_s32(x.v[0]), vmovn_s32(x.v[1]));
  int16x8_t high = vcombine_s16(vmovn_s32(x.v[2]), vmovn_s32(x.v[3]));
  vst1q_s8(p, vcombine_s8(vmovn_s16(low), vmovn_s16(high)));
}

/* Sixteen bytes as integers. */
INLINE vi vi_load_bytes(const int8_t *p) {
  int8x16_t bytes = vld1q_s8(p);
  int16x8_t low = vmovl_s8(vget_low_s8(bytes)), high = vmovl_s8(vget_high_s8(bytes));
  vi r;
  r.v[0] = vmovl_s16(vget_low_s16(low));
  r.v[1] = vmovl_s16(vget_high_s16(low));
  r.v[2] = vmovl_s16(vget_low_s16(high));
  r.v[3] = vmovl_s16(vget_high_s16(high));
  return r;
}

INLINE int32x4_t dot4_quarter(int32x4_t sum, int8x16_t weights, int8x16_t x) {
#if defined(WITH_DOTPROD)
  return vdotq_s32(sum, weights, x);
#else
  int16x8_t low = vmull_s8(vget_low_s8(weights), vget_low_s8(x));
  int16x8_t high = vmull_s8(vget_high_s8(weights), vget_high_s8(x));
  return vaddq_s32(sum, vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)));
#endif
}
/* Adds four products of signed bytes to each lane. */
INLINE vi dot4(vi sum, vi weights, vi x) {
  EACH sum.v[i] =
      dot4_quarter(sum.v[i], vreinterpretq_s8_s32(weights.v[i]), vreinterpretq_s8_s32(x.v[i]));
  return sum;
}
INLINE vi dot4_signed(vi sum, vi weights, vi x) { return dot4(sum, weights, x); }
INLINE vi signed_bytes(vi x) { return x; }

/* The table's byte for each nibble-valued byte. */
INLINE vi lookup(const int8_t *table, vi nibbles) {
  int8x16_t t = vld1q_s8(table);
  EACH nibbles.v[i] = vreinterpretq_s32_s8(vqtbl1q_s8(t, vreinterpretq_u8_s32(nibbles.v[i])));
  return nibbles;
}

/* float16 in the low halves of the lanes. */
INLINE vf vf_halves(vi x) {
  vf r;
  EACH r.v[i] = vcvt_f32_f16(vreinterpret_f16_s16(vmovn_s32(x.v[i])));
  return r;
}

INLINE vf vf_load_halves(const uint16_t *p) {
  vf r;
  EACH r.v[i] = vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p + 4 * i)));
  return r;
}

/* Sixteen bytes of each of sixteen rows, across: v[j] has the rows' j-th four bytes. */
INLINE void load_across(const uint8_t *p, size_t stride, vi v[4]) {
  EACH {
    const uint8_t *q = p + 4 * i * stride;
    int32x4_t a = vreinterpretq_s32_u8(vld1q_u8(q));
    int32x4_t b = vreinterpretq_s32_u8(vld1q_u8(q + stride));
    int32x4_t c = vreinterpretq_s32_u8(vld1q_u8(q + 2 * stride));
    int32x4_t d = vreinterpretq_s32_u8(vld1q_u8(q + 3 * stride));
    int64x2_t ab = vreinterpretq_s64_s32(vzip1q_s32(a, b));
    int64x2_t cd = vreinterpretq_s64_s32(vzip1q_s32(c, d));
    v[0].v[i] = vreinterpretq_s32_s64(vzip1q_s64(ab, cd));
    v[1].v[i] = vreinterpretq_s32_s64(vzip2q_s64(ab, cd));
    ab = vreinterpretq_s64_s32(vzip2q_s32(a, b));
    cd = vreinterpretq_s64_s32(vzip2q_s32(c, d));
    v[2].v[i] = vreinterpretq_s32_s64(vzip1q_s64(ab, cd));
    v[3].v[i] = vreinterpretq_s32_s64(vzip2q_s64(ab, cd));
  }
}

/* Four bytes of each of sixteen rows. */
INLINE vi load_words(const uint8_t *p, size_t stride) {
  int32_t words[16];
  for (int i = 0; i < 16; i++) memcpy(words + i, p + i * stride, 4);
  return vi_load(words);
}
