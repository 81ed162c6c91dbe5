/* Sixteen lanes in two AVX2 registers; each lane is a weight row, a token or a column. */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

/* Sixteen registers hold the sums of one panel by two tokens. */
#define TILE_PANELS 1
#define TILE_TOKENS 2

#define SIGNED_SHIFT 0
#define HAS_SIGNED_OFFSET 0

typedef struct {
  __m256i a, b;
} vi;
typedef struct {
  __m256 a, b;
} vf;

#define PAIR_I(x, y) ((vi){x, y})
#define PAIR_F(x, y) ((vf){x, y})

INLINE vi vi_zero(void) { return PAIR_I(_mm256_setzero_si256(), _mm256_setzero_si256()); }
INLINE vi vi_set1(int x) { return PAIR_I(_mm256_set1_epi32(x), _mm256_set1_epi32(x)); }
INLINE vi vi_load(const void *p) {
  const __m256i *q = (const __m256i *)p;
  return PAIR_I(_mm256_loadu_si256(q), _mm256_loadu_si256(q + 1));
}
INLINE void vi_store(void *p, vi x) {
  _mm256_storeu_si256((__m256i *)p, x.a);
  _mm256_storeu_si256((__m256i *)p + 1, x.b);
}
INLINE vi vi_and(vi x, vi y) {
  return PAIR_I(_mm256_and_si256(x.a, y.a), _mm256_and_si256(x.b, y.b));
}
INLINE vi vi_or(vi x, vi y) {
  return PAIR_I(_mm256_or_si256(x.a, y.a), _mm256_or_si256(x.b, y.b));
}
INLINE vi vi_add(vi x, vi y) {
  return PAIR_I(_mm256_add_epi32(x.a, y.a), _mm256_add_epi32(x.b, y.b));
}
INLINE vi vi_sub_bytes(vi x, vi y) {
  return PAIR_I(_mm256_sub_epi8(x.a, y.a), _mm256_sub_epi8(x.b, y.b));
}
#define vi_shl(x, n) PAIR_I(_mm256_slli_epi32((x).a, n), _mm256_slli_epi32((x).b, n))
#define vi_shr(x, n) PAIR_I(_mm256_srli_epi32((x).a, n), _mm256_srli_epi32((x).b, n))
#define vi_sar(x, n) PAIR_I(_mm256_srai_epi32((x).a, n), _mm256_srai_epi32((x).b, n))

INLINE vf vf_zero(void) { return PAIR_F(_mm256_setzero_ps(), _mm256_setzero_ps()); }
INLINE vf vf_set1(float x) { return PAIR_F(_mm256_set1_ps(x), _mm256_set1_ps(x)); }
INLINE vf vf_load(const float *p) { return PAIR_F(_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)); }
INLINE void vf_store(float *p, vf x) {
  _mm256_storeu_ps(p, x.a);
  _mm256_storeu_ps(p + 8, x.b);
}
INLINE vf vf_add(vf x, vf y) { return PAIR_F(_mm256_add_ps(x.a, y.a), _mm256_add_ps(x.b, y.b)); }
INLINE vf vf_sub(vf x, vf y) { return PAIR_F(_mm256_sub_ps(x.a, y.a), _mm256_sub_ps(x.b, y.b)); }
INLINE vf vf_mul(vf x, vf y) { return PAIR_F(_mm256_mul_ps(x.a, y.a), _mm256_mul_ps(x.b, y.b)); }
INLINE vf vf_div(vf x, vf y) { return PAIR_F(_mm256_div_ps(x.a, y.a), _mm256_div_ps(x.b, y.b)); }
INLINE vf vf_fma(vf x, vf y, vf z) {
  return PAIR_F(_mm256_fmadd_ps(x.a, y.a, z.a), _mm256_fmadd_ps(x.b, y.b, z.b));
}
/* As the instruction has it: the second where one is no number. */
INLINE vf vf_max(vf x, vf y) { return PAIR_F(_mm256_max_ps(x.a, y.a), _mm256_max_ps(x.b, y.b)); }
INLINE vf vf_min(vf x, vf y) { return PAIR_F(_mm256_min_ps(x.a, y.a), _mm256_min_ps(x.b, y.b)); }
INLINE vf vf_from_int(vi x) { return PAIR_F(_mm256_cvtepi32_ps(x.a), _mm256_cvtepi32_ps(x.b)); }
INLINE vi vf_round(vf x) { return PAIR_I(_mm256_cvtps_epi32(x.a), _mm256_cvtps_epi32(x.b)); }
INLINE vi vf_bits(vf x) { return PAIR_I(_mm256_castps_si256(x.a), _mm256_castps_si256(x.b)); }
INLINE vf vi_floats(vi x) { return PAIR_F(_mm256_castsi256_ps(x.a), _mm256_castsi256_ps(x.b)); }
/* z where x >= y or one of them is no number, else 0. */
INLINE vf vf_unless_less(vf z, vf x, vf y) {
  return PAIR_F(
      _mm256_and_ps(_mm256_cmp_ps(x.a, y.a, _CMP_NLT_UQ), z.a),
      _mm256_and_ps(_mm256_cmp_ps(x.b, y.b, _CMP_NLT_UQ), z.b));
}
/* Swaps neighbours. */
INLINE vf vf_swap(vf x) {
  return PAIR_F(_mm256_permute_ps(x.a, 0xb1), _mm256_permute_ps(x.b, 0xb1));
}

INLINE float vf_largest(vf x) {
  __m256 a = _mm256_max_ps(x.a, x.b);
  __m128 b = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  b = _mm_max_ps(b, _mm_movehl_ps(b, b));
  return _mm_cvtss_f32(_mm_max_ss(b, _mm_movehdup_ps(b)));
}
INLINE int vi_sum(vi x) {
  __m256i a = _mm256_add_epi32(x.a, x.b);
  __m128i b = _mm_add_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
  b = _mm_add_epi32(b, _mm_shuffle_epi32(b, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(b, _mm_shuffle_epi32(b, 0xb1)));
}

/* Four bytes, in every lane. */
INLINE vi vi_four(const void *p) {
  int32_t x;
  memcpy(&x, p, 4);
  return vi_set1(x);
}

/* Sixteen signed integers, which fit, as bytes. */
INLINE void vi_store_bytes(int8_t *p, vi x) {
  __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(x.a, x.b), 0xd8);
  __m128i bytes =
      _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  _mm_storeu_si128((__m128i *)p, bytes);
}

/* Sixteen bytes as integers. */
INLINE vi vi_load_bytes(const int8_t *p) {
  return PAIR_I(
      _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)p)),
      _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(p + 8))));
}

INLINE __m256i dot4_half(__m256i sum, __m256i weights, __m256i x) {
  __m256i pairs = _mm256_maddubs_epi16(weights, x);
  return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
/* Adds four products of bytes to each lane: weights of at most six bits, unsigned. */
INLINE vi dot4(vi sum, vi weights, vi x) {
  return PAIR_I(dot4_half(sum.a, weights.a, x.a), dot4_half(sum.b, weights.b, x.b));
}
/* The same for signed weights as signed_bytes() leaves them: the sign moves to the other factor. */
INLINE vi dot4_signed(vi sum, vi weights, vi x) {
  return PAIR_I(
      dot4_half(sum.a, _mm256_abs_epi8(weights.a), _mm256_sign_epi8(x.a, weights.a)),
      dot4_half(sum.b, _mm256_abs_epi8(weights.b), _mm256_sign_epi8(x.b, weights.b)));
}
INLINE vi signed_bytes(vi x) { return x; }

/* The table's byte for each nibble-valued byte. */
INLINE vi lookup(const int8_t *table, vi nibbles) {
  __m256i t = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)table));
  return PAIR_I(_mm256_shuffle_epi8(t, nibbles.a), _mm256_shuffle_epi8(t, nibbles.b));
}

/* float16 in the low halves of the lanes. */
INLINE vf vf_halves(vi x) {
  __m256i low = vi_and(x, vi_set1(0xffff)).a;
  __m256i high = vi_and(x, vi_set1(0xffff)).b;
  __m256i words = _mm256_permute4x64_epi64(_mm256_packus_epi32(low, high), 0xd8);
  return PAIR_F(
      _mm256_cvtph_ps(_mm256_castsi256_si128(words)),
      _mm256_cvtph_ps(_mm256_extracti128_si256(words, 1)));
}

INLINE vf vf_load_halves(const uint16_t *p) {
  return PAIR_F(
      _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)),
      _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(p + 8))));
}

INLINE __m256i rows2(const uint8_t *p, size_t stride) {
  __m128i low = _mm_loadu_si128((const __m128i *)p);
  return _mm256_inserti128_si256(
      _mm256_castsi128_si256(low), _mm_loadu_si128((const __m128i *)(p + stride)), 1);
}

INLINE void load_eight(const uint8_t *p, size_t stride, __m256i v[4]) {
  __m256i a = rows2(p, 4 * stride);
  __m256i b = rows2(p + stride, 4 * stride);
  __m256i c = rows2(p + 2 * stride, 4 * stride);
  __m256i d = rows2(p + 3 * stride, 4 * stride);
  __m256i ab = _mm256_unpacklo_epi32(a, b);
  __m256i cd = _mm256_unpacklo_epi32(c, d);
  v[0] = _mm256_unpacklo_epi64(ab, cd);
  v[1] = _mm256_unpackhi_epi64(ab, cd);
  ab = _mm256_unpackhi_epi32(a, b);
  cd = _mm256_unpackhi_epi32(c, d);
  v[2] = _mm256_unpacklo_epi64(ab, cd);
  v[3] = _mm256_unpackhi_epi64(ab, cd);
}

/* Sixteen bytes of each of sixteen rows, across: v[j] has the rows' j-th four bytes. */
INLINE void load_across(const uint8_t *p, size_t stride, vi v[4]) {
  __m256i low[4], high[4];
  load_eight(p, stride, low);
  load_eight(p + 8 * stride, stride, high);
  UNROLL for (int i = 0; i < 4; i++) v[i] = PAIR_I(low[i], high[i]);
}

/* Four bytes of each of sixteen rows. */
INLINE vi load_words(const uint8_t *p, size_t stride) {
  __m256i rows = _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0);
  __m256i offsets = _mm256_mullo_epi32(rows, _mm256_set1_epi32((int)stride));
  return PAIR_I(
      _mm256_i32gather_epi32((const int *)p, offsets, 1),
      _mm256_i32gather_epi32((const int *)(p + 8 * stride), offsets, 1));
}
