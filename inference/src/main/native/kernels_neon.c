/* Any 64-bit ARM. */
#if defined(__aarch64__)
#include "lanes_neon.h"
#include "all.h"

KERNELS(kernels_neon, "NEON")
#endif
