// All kernels, as one module: nvcc makes PTX of it, a C++ compiler the emulated library.
#include "device.cuh"
// In the order in which a token meets them.
#include "repack.cuh"
#include "rows.cuh"
#include "matvec.cuh"
#include "matmul.cuh"
#include "float_matmul.cuh"
#include "position.cuh"
#include "attention.cuh"
#include "experts.cuh"
#include "sample.cuh"
