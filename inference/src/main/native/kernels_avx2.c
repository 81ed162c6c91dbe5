/* x86-64 with AVX2, fused multiply-add and float16 conversion. */
#if defined(__x86_64__)
#include <immintrin.h>
#include "target.h"

TARGET("avx2,fma,f16c")
#include "lanes_avx2.h"
#include "all.h"
END_TARGET

KERNELS(kernels_avx2, "AVX2")
#endif
