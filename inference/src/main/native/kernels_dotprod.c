/* 64-bit ARM with products of four bytes at once. */
#if defined(__aarch64__)
#include <arm_neon.h>
#include "target.h"

#define WITH_DOTPROD
#if defined(__clang__)
TARGET("dotprod")
#else
TARGET("arch=armv8.2-a+dotprod")
#endif
#include "lanes_neon.h"
#include "all.h"
END_TARGET

KERNELS(kernels_dotprod, "NEON with dot products")
#endif
