/* Sixteen lanes in one AVX-512 register; each lane is a weight row, a token or a column. */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

/* A register tile: two panels of sixteen rows by four tokens leave room for the operands. */
#define TILE_PANELS 2
#define TILE_TOKENS 4

/* vpdpbusd multiplies unsigned by signed bytes, so signed weights are stored plus 128. */
#define SIGNED_SHIFT 4
#define HAS_SIGNED_OFFSET 1

typedef __m512i vi;
typedef __m512 vf;

INLINE vi vi_zero(void) { return _mm512_setzero_si512(); }
INLINE vi vi_set1(int x) { return _mm512_set1_epi32(x); }
INLINE vi vi_load(const void *p) { return _mm512_loadu_si512(p); }
INLINE void vi_store(void *p, vi a) { _mm512_storeu_si512(p, a); }
INLINE vi vi_and(vi a, vi b) { return _mm512_and_si512(a, b); }
INLINE vi vi_or(vi a, vi b) { return _mm512_or_si512(a, b); }
INLINE vi vi_add(vi a, vi b) { return _mm512_add_epi32(a, b); }
INLINE vi vi_sub_bytes(vi a, vi b) { return _mm512_sub_epi8(a, b); }
#define vi_shl(a, n) _mm512_slli_epi32(a, n)
#define vi_shr(a, n) _mm512_srli_epi32(a, n)
#define vi_sar(a, n) _mm512_srai_epi32(a, n)

INLINE vf vf_zero(void) { return _mm512_setzero_ps(); }
INLINE vf vf_set1(float x) { return _mm512_set1_ps(x); }
INLINE vf vf_load(const float *p) { return _mm512_loadu_ps(p); }
INLINE void vf_store(float *p, vf a) { _mm512_storeu_ps(p, a); }
INLINE vf vf_add(vf a, vf b) { return _mm512_add_ps(a, b); }
INLINE vf vf_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
INLINE vf vf_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
INLINE vf vf_div(vf a, vf b) { return _mm512_div_ps(a, b); }
INLINE vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
/* As the instruction has it: the second where one is no number. */
INLINE vf vf_max(vf a, vf b) { return _mm512_max_ps(a, b); }
INLINE vf vf_min(vf a, vf b) { return _mm512_min_ps(a, b); }
INLINE vf vf_from_int(vi a) { return _mm512_cvtepi32_ps(a); }
INLINE vi vf_round(vf a) { return _mm512_cvtps_epi32(a); }
INLINE vi vf_bits(vf a) { return _mm512_castps_si512(a); }
INLINE vf vi_floats(vi a) { return _mm512_castsi512_ps(a); }
/* a where x >= y or one of them is no number, else 0. */
INLINE vf vf_unless_less(vf a, vf x, vf y) {
  return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, y, _CMP_NLT_UQ), a);
}
/* Swaps neighbours. */
INLINE vf vf_swap(vf a) { return _mm512_permute_ps(a, 0xb1); }

INLINE float vf_largest(vf a) { return _mm512_reduce_max_ps(a); }
INLINE int vi_sum(vi a) { return _mm512_reduce_add_epi32(a); }

/* Four bytes, in every lane. */
INLINE vi vi_four(const void *p) {
  int32_t x;
  memcpy(&x, p, 4);
  return _mm512_set1_epi32(x);
}

/* Sixteen signed integers, which fit, as bytes. */
INLINE void vi_store_bytes(int8_t *p, vi a) {
  _mm_storeu_si128((__m128i *)p, _mm512_cvtepi32_epi8(a));
}

/* Sixteen bytes as integers. */
INLINE vi vi_load_bytes(const int8_t *p) {
  return _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p));
}

/* Adds four products of bytes to each lane: weights of at most six bits, unsigned. */
INLINE vi dot4(vi sum, vi weights, vi x) { return _mm512_dpbusd_epi32(sum, weights, x); }
/* The same for signed weights as signed_bytes() leaves them. */
INLINE vi dot4_signed(vi sum, vi weights, vi x) { return _mm512_dpbusd_epi32(sum, weights, x); }
INLINE vi signed_bytes(vi a) { return _mm512_xor_si512(a, _mm512_set1_epi8((char)0x80)); }

/* The table's byte for each nibble-valued byte. */
INLINE vi lookup(const int8_t *table, vi nibbles) {
  __m512i t = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)table));
  return _mm512_shuffle_epi8(t, nibbles);
}

/* float16 in the low halves of the lanes. */
INLINE vf vf_halves(vi a) { return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(a)); }

INLINE vf vf_load_halves(const uint16_t *p) {
  return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
}

INLINE __m512i rows4(const uint8_t *p, size_t stride) {
  __m512i a = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)p));
  a = _mm512_inserti32x4(a, _mm_loadu_si128((const __m128i *)(p + stride)), 1);
  a = _mm512_inserti32x4(a, _mm_loadu_si128((const __m128i *)(p + 2 * stride)), 2);
  return _mm512_inserti32x4(a, _mm_loadu_si128((const __m128i *)(p + 3 * stride)), 3);
}

/* Sixteen bytes of each of sixteen rows, across: v[j] has the rows' j-th four bytes. */
INLINE void load_across(const uint8_t *p, size_t stride, vi v[4]) {
  __m512i a = rows4(p, 4 * stride);
  __m512i b = rows4(p + stride, 4 * stride);
  __m512i c = rows4(p + 2 * stride, 4 * stride);
  __m512i d = rows4(p + 3 * stride, 4 * stride);
  __m512i ab = _mm512_unpacklo_epi32(a, b);
  __m512i cd = _mm512_unpacklo_epi32(c, d);
  v[0] = _mm512_unpacklo_epi64(ab, cd);
  v[1] = _mm512_unpackhi_epi64(ab, cd);
  ab = _mm512_unpackhi_epi32(a, b);
  cd = _mm512_unpackhi_epi32(c, d);
  v[2] = _mm512_unpacklo_epi64(ab, cd);
  v[3] = _mm512_unpackhi_epi64(ab, cd);
}

/* Four bytes of each of sixteen rows. */
INLINE vi load_words(const uint8_t *p, size_t stride) {
  __m512i rows = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  __m512i offsets = _mm512_mullo_epi32(rows, _mm512_set1_epi32((int)stride));
  return _mm512_i32gather_epi32(offsets, (const int *)p, 1);
}
