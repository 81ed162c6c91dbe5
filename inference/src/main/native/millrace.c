/*
 * What Java calls. The kernels are those of the best instructions this machine has; every function
 * trusts its arguments, which Java has checked.
 */
#include "export.h"
#include "product.h"

#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

extern const struct kernels kernels_avx512, kernels_avx2, kernels_neon, kernels_dotprod;

#if defined(__x86_64__)
/* Whether the system saves so wide registers is part of what the builtins ask. */
static int has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vnni");
}

static const struct kernels *best(int modest) {
  __builtin_cpu_init();
  if (!modest && has_avx512()) return &kernels_avx512;
  /* Every machine with AVX2 converts float16. */
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &kernels_avx2 : 0;
}
#elif defined(__aarch64__)
static int has_dotprod(void) {
#if defined(__linux__)
  return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#else
  /* Every Mac of this kind has them. */
  return 1;
#endif
}

static const struct kernels *best(int modest) {
  return !modest && has_dotprod() ? &kernels_dotprod : &kernels_neon;
}
#else
static const struct kernels *best(int modest) {
  (void)modest;
  return 0;
}
#endif

/*
 * The kernels for this machine, or null where there are none. Modest ones leave out the newest
 * instructions, so that tests meet those kernels too.
 */
EXPORT const struct kernels *millrace_kernels(int modest) { return best(modest); }

/* The instructions that the kernels use, for the start-up log. */
EXPORT const char *millrace_name(const struct kernels *k) { return k->name; }

/* Bytes of a token's quantized activations. */
EXPORT int64_t millrace_activation_bytes(int columns) { return (int64_t)activation_bytes(columns); }

/* Of each row the columns from from on; x has nothing but these. */
EXPORT void millrace_quantize(const struct kernels *k, const float *x, int columns, int from,
                              int count, int rows, uint8_t *out) {
  size_t stride = activation_bytes(columns);
  for (int row = 0; row < rows; row++)
    k->quantize(x + (size_t)row * count, columns, from, count, out + row * stride);
}

EXPORT void millrace_multiply(const struct kernels *k, const struct product *p) { k->multiply(p); }

EXPORT void millrace_attend(const struct kernels *k, const struct attention *a) { k->attend(a); }

EXPORT void millrace_norm(const struct kernels *k, const float *x, const float *weight,
                          float epsilon, int count, float *out) {
  k->norm(x, weight, epsilon, count, out);
}

EXPORT void millrace_add_scaled(const struct kernels *k, float *x, const float *y, float factor,
                                int count) {
  k->add_scaled(x, y, factor, count);
}

EXPORT void millrace_scale(const struct kernels *k, float *x, float factor, int count) {
  k->scale(x, factor, count);
}

EXPORT void millrace_activate(const struct kernels *k, int gelu, float *gate, const float *up,
                              int count) {
  k->activate(gelu, gate, up, count);
}

EXPORT void millrace_soft_cap(const struct kernels *k, float *x, float cap, int count) {
  k->soft_cap(x, cap, count);
}

EXPORT int millrace_most_likely(const struct kernels *k, const float *x, int count) {
  return k->most_likely(x, count);
}

EXPORT int64_t millrace_read(const struct kernels *k, const uint8_t *p, int64_t bytes) {
  return k->read(p, (size_t)bytes);
}

EXPORT void millrace_rotate(const struct kernels *k, int halves, float *x, const float *cos,
                            const float *sin, int dimensions) {
  k->rotate(halves, x, cos, sin, dimensions);
}
