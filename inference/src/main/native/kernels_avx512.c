/* x86-64 with AVX-512 and its vector neural network instructions. */
#if defined(__x86_64__)
#include <immintrin.h>
#include "target.h"

TARGET("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")
#include "lanes_avx512.h"
#include "all.h"
END_TARGET

KERNELS(kernels_avx512, "AVX-512 VNNI")
#endif
