// A CUDA device made of fibers, so that the kernels run, and can be checked, where there is no GPU.
//
// What kernels need of CUDA and no more: blocks and threads, __syncthreads, operations of a warp, shared memory. All on one thread of the host, in an
// order that the test chooses: two orders that disagree are a race. What a real device leaves undefined is an error here: threads that wait for each
// other at different places, lanes that left before an operation of their warp, memory outside of an allocation, values that nobody wrote.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace emulation {

struct Index {
  unsigned x, y, z;
};

// Where the running thread is.
extern Index thread_index, block_index, block_size, grid_size;

// Waits until every thread of the block waits here.
void block_barrier();

// Waits until all 32 lanes have called with the same function, which then gets what each lane brought, in lanes' order.
void warp_together(void (*compute)(void *const *lanes), void *operands);

// The same for the 128 lanes of four warps.
void warpgroup_together(void (*compute)(void *const *lanes), void *operands);

// Gives the block up, saying why.
void fail(const std::string &why);

// A copy that arrives when its thread waits for the group it belongs to.
void copy_later(void *to, const void *from, size_t bytes);
void copies_end();
void copies_wait(int newest);

// Memory that is asked for ahead must be there.
void fetch_ahead(const void *from, int64_t bytes);

// Where something lies in shared memory, as a product's descriptor has it; and what lies there.
uint64_t shared_address(const void *there);
const void *shared_at(uint64_t address);

// The block's shared memory, the same for all its threads; it holds no numbers when a block begins.
void *shared_memory(size_t bytes);

// Makes a kernel known by name, and how many threads its blocks may have.
struct Registration {
  Registration(const char *name, void (*body)(const void *), size_t argument_bytes, unsigned threads_max);
};

}  // namespace emulation

#define __device__
#define __forceinline__ inline
#define __restrict__
#define threadIdx (::emulation::thread_index)
#define blockIdx (::emulation::block_index)
#define blockDim (::emulation::block_size)
#define gridDim (::emulation::grid_size)
#define __syncthreads() ::emulation::block_barrier()

struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
struct alignas(8) uint2 {
  unsigned x, y;
};
struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};

#define KERNEL(name, Arguments, threads)                                                     \
  static void name(const Arguments &args);                                                   \
  static void run_##name(const void *args) { name(*static_cast<const Arguments *>(args)); }  \
  static const emulation::Registration registered_##name(#name, run_##name, sizeof(Arguments), threads); \
  static void name(const Arguments &args)

#define RESIDENT_KERNEL(name, Arguments, threads, blocks) KERNEL(name, Arguments, threads)

#define SHARED(Type, name) Type &name = *static_cast<Type *>(emulation::shared_memory(sizeof(Type)))
