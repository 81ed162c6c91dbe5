// What Hopper has beyond older chips (sm_90a): products of four warps together that read shared memory by themselves; and copies into shared memory that run
// while threads go on. Twins in the emulation, where a copy arrives as late as it may: a kernel that does not wait for it reads what was never written.
#pragma once

#include "device.cuh"

#if !defined(__CUDACC__) || defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define HAS_WARPGROUPS

// Copies 8 or 16 bytes from global to shared memory; both addresses are multiples of that.
template <int BYTES>
INLINE void copy_later(void *to, const void *from) {
#ifdef __CUDACC__
  unsigned address = unsigned(__cvta_generic_to_shared(to));
  if (BYTES == 16) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(address), "l"(from) : "memory");
  } else {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 8;" ::"r"(address), "l"(from) : "memory");
  }
#else
  emulation::copy_later(to, from, BYTES);
#endif
}

// Ends a group of copies, which may be of none.
INLINE void copies_end() {
#ifdef __CUDACC__
  asm volatile("cp.async.commit_group;" ::: "memory");
#else
  emulation::copies_end();
#endif
}

// Waits for this thread's groups of copies, but not for the newest ones. Other threads' are there after a barrier that follows.
template <int NEWEST>
INLINE void copies_wait() {
#ifdef __CUDACC__
  asm volatile("cp.async.wait_group %0;" ::"n"(NEWEST) : "memory");
#else
  emulation::copies_wait(NEWEST);
#endif
}

// What this thread wrote to shared memory will be seen by products after a barrier that follows.
INLINE void shared_to_products() {
#ifdef __CUDACC__
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
#endif
}

// Where a product finds a matrix in shared memory, as PTX ISA 9.0 has it in section "Matrix Descriptor": pieces of 8 columns (of the product) of 16 bytes, 128
// bytes in a row, no swizzle; `across` bytes from 16 bytes of a column to the next 16, `along` from 8 columns to the next 8.
INLINE uint64_t matrix_descriptor(const void *matrix, int across, int along) {
#ifdef __CUDACC__
  uint64_t address = uint64_t(__cvta_generic_to_shared(matrix));
#else
  uint64_t address = emulation::shared_address(matrix);
#endif
  return (address & 0x3ffff) >> 4 | uint64_t(across >> 4) << 16 | uint64_t(along >> 4) << 32;
}

#ifndef __CUDACC__
namespace twin {
struct WarpgroupOperands {
  int *c;
  const unsigned *a;
  uint64_t b;
};

inline void warpgroup_bytes(void *const *lanes) {
  alignas(32) static int8_t a[64][32];
  alignas(32) static int b[32][64], c[64][64];
  uint64_t descriptor = static_cast<WarpgroupOperands *>(lanes[0])->b;
  auto field = [descriptor](int bit) { return (descriptor >> bit & 0x3fff) << 4; };
  for (int k = 0; k < 32; k++) {
    for (int n = 0; n < 64; n++) {
      b[k][n] = *static_cast<const int8_t *>(emulation::shared_at(field(0) + k / 16 * field(16) + n / 8 * field(32) + n % 8 * 16 + k % 16));
    }
  }
  for (int l = 0; l < 4 * WARP; l++) {
    auto &o = *static_cast<WarpgroupOperands *>(lanes[l]);
    int row = l / WARP * 16 + l % WARP / 4, j = l % 4;
    if (o.b != descriptor) {
      emulation::fail("lanes of one warpgroup bring different matrices");
    }
    for (int i = 0; i < 4; i++) {
      memcpy(&a[row + i % 2 * 8][i / 2 * 16 + 4 * j], &o.a[i], 4);
    }
    for (int i = 0; i < 32; i++) {
      c[row + i % 4 / 2 * 8][i / 4 * 8 + 2 * j + i % 2] = o.c[i];
    }
  }
  for (int m = 0; m < 64; m++) {
    for (int k = 0; k < 32; k++) {
      for (int n = 0; n < 64; n++) {
        c[m][n] += a[m][k] * b[k][n];
      }
    }
  }
  for (int l = 0; l < 4 * WARP; l++) {
    auto &o = *static_cast<WarpgroupOperands *>(lanes[l]);
    int row = l / WARP * 16 + l % WARP / 4, j = l % 4;
    for (int i = 0; i < 32; i++) {
      o.c[i] = c[row + i % 4 / 2 * 8][i / 4 * 8 + 2 * j + i % 2];
    }
  }
}
}  // namespace twin
#endif

#ifdef __CUDACC__
// 32 registers of results, from the given number of an operand on; and those they are.
#define RESULTS_0 "{%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31}"
#define RESULTS_32 \
  "{%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63}"
#define FOUR(how, c, i) how(c[i]), how(c[i + 1]), how(c[i + 2]), how(c[i + 3])
#define ALL_RESULTS(how, c) \
  FOUR(how, c, 0), FOUR(how, c, 4), FOUR(how, c, 8), FOUR(how, c, 12), FOUR(how, c, 16), FOUR(how, c, 20), FOUR(how, c, 24), FOUR(how, c, 28)
#endif

// c[64, 64] += a[64, 32] * b[32, 64] in signed bytes, exactly, by a warpgroup: each warp has 16 rows of a and c in the pieces of mma_bytes32, and b lies in
// shared memory. Returns when it is done; others' products run meanwhile.
INLINE void warpgroup_bytes(int (&c)[32], const unsigned (&a)[4], uint64_t b) {
#ifdef __CUDACC__
  asm volatile(
      "{\n"
      ".reg .pred p;\n"
      "setp.ne.b32 p, %37, 0;\n"
      "wgmma.fence.sync.aligned;\n"
      "wgmma.mma_async.sync.aligned.m64n64k32.s32.s8.s8 " RESULTS_0 ", {%32,%33,%34,%35}, %36, p;\n"
      "wgmma.commit_group.sync.aligned;\n"
      "wgmma.wait_group.sync.aligned 0;\n"
      "}\n"
      : ALL_RESULTS("+r", c)
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(1)
      : "memory");
#else
  twin::WarpgroupOperands operands{c, a, b};
  emulation::warpgroup_together(twin::warpgroup_bytes, &operands);
#endif
}

// The products of the first 16 columns of a alone, and of the others: the others' pieces are zeros, because a product is no shorter.
INLINE void warpgroup_halves(int (&first)[32], int (&second)[32], const unsigned (&a)[4], uint64_t b) {
#ifdef __CUDACC__
  asm volatile(
      "{\n"
      ".reg .pred p;\n"
      "setp.ne.b32 p, %69, 0;\n"
      "wgmma.fence.sync.aligned;\n"
      "wgmma.mma_async.sync.aligned.m64n64k32.s32.s8.s8 " RESULTS_0 ", {%64,%65,%69,%69}, %68, p;\n"
      "wgmma.mma_async.sync.aligned.m64n64k32.s32.s8.s8 " RESULTS_32 ", {%69,%69,%66,%67}, %68, p;\n"
      "wgmma.commit_group.sync.aligned;\n"
      "wgmma.wait_group.sync.aligned 0;\n"
      "}\n"
      : ALL_RESULTS("=&r", first), ALL_RESULTS("=&r", second)
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(0)
      : "memory");
#else
  for (int i = 0; i < 32; i++) {
    first[i] = second[i] = 0;
  }
  const unsigned here[4] = {a[0], a[1], 0, 0}, further[4] = {0, 0, a[2], a[3]};
  warpgroup_bytes(first, here, b);
  warpgroup_bytes(second, further, b);
#endif
}

#endif
