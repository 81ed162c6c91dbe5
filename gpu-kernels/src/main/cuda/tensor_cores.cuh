// Products of a warp on tensor cores, each as an instruction and as its twin.
#pragma once

#include "device.cuh"

// The warp holds the matrices in pieces, as PTX ISA 9.0 has it in section "Matrix Fragments for mma": with g = lane / 4 and j = lane % 4,
// c[0], c[1] are row g, columns 2j and 2j + 1; c[2], c[3] the same of row g + 8.
#ifndef __CUDACC__
namespace twin {
template <int K>
struct BytesOperands {
  int *d;
  const unsigned *a, *b;
  const int *c;
};

// a: K / 16 pairs of words, rows g and g + 8, elements 4j.. of each 16 columns; b: a word for each 16 rows, column g.
template <int K>
void mma_bytes(void *const *lanes) {
  alignas(32) static int8_t a[16][K];
  alignas(32) static int b[K][8], c[16][8];
  for (int l = 0; l < WARP; l++) {
    auto &o = *static_cast<BytesOperands<K> *>(lanes[l]);
    int g = l / 4, j = l % 4;
    for (int part = 0; part < K / 16; part++) {
      memcpy(&a[g][part * 16 + 4 * j], &o.a[2 * part], 4);
      memcpy(&a[g + 8][part * 16 + 4 * j], &o.a[2 * part + 1], 4);
      for (int i = 0; i < 4; i++) {
        b[part * 16 + 4 * j + i][g] = int8_t(o.b[part] >> (8 * i));
      }
    }
    for (int i = 0; i < 4; i++) {
      c[g + i / 2 * 8][2 * j + i % 2] = o.c[i];
    }
  }
  for (int m = 0; m < 16; m++) {
    for (int k = 0; k < K; k++) {
      for (int n = 0; n < 8; n++) {
        c[m][n] += a[m][k] * b[k][n];
      }
    }
  }
  for (int l = 0; l < WARP; l++) {
    auto &o = *static_cast<BytesOperands<K> *>(lanes[l]);
    for (int i = 0; i < 4; i++) {
      o.d[i] = c[l / 4 + i / 2 * 8][l % 4 * 2 + i % 2];
    }
  }
}

struct FloatOperands {
  float *c;
  const unsigned *a, *b;
};

inline void mma_floats(void *const *lanes) {
  alignas(32) static float a[16][8], b[8][8], c[16][8];
  for (int l = 0; l < WARP; l++) {
    auto &o = *static_cast<FloatOperands *>(lanes[l]);
    int g = l / 4, j = l % 4;
    for (int i = 0; i < 4; i++) {
      memcpy(&a[g + i % 2 * 8][j + i / 2 * 4], &o.a[i], 4);
      c[g + i / 2 * 8][2 * j + i % 2] = o.c[i];
    }
    memcpy(&b[j][g], &o.b[0], 4);
    memcpy(&b[j + 4][g], &o.b[1], 4);
  }
  for (int m = 0; m < 16; m++) {
    for (int k = 0; k < 8; k++) {
      for (int n = 0; n < 8; n++) {
        c[m][n] = __builtin_fmaf(a[m][k], b[k][n], c[m][n]);
      }
    }
  }
  for (int l = 0; l < WARP; l++) {
    auto &o = *static_cast<FloatOperands *>(lanes[l]);
    for (int i = 0; i < 4; i++) {
      o.c[i] = c[l / 4 + i / 2 * 8][l % 4 * 2 + i % 2];
    }
  }
}
}  // namespace twin
#endif

// d[16, 8] = a[16, 32] * b[32, 8] + c in signed bytes, exactly. What is added may be the same registers each time, so nothing has to be set anew.
INLINE void mma_bytes32(int (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], const int (&c)[4]) {
#ifdef __CUDACC__
  asm("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%10,%11,%12,%13};"
      : "=r"(d[0]), "=r"(d[1]), "=r"(d[2]), "=r"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "r"(c[0]), "r"(c[1]), "r"(c[2]), "r"(c[3]));
#else
  twin::BytesOperands<32> operands{d, a, b, c};
  emulation::warp_together(twin::mma_bytes<32>, &operands);
#endif
}

// d[16, 8] = a[16, 16] * b[16, 8] + c in signed bytes, exactly.
INLINE void mma_bytes16(int (&d)[4], const unsigned (&a)[2], const unsigned &b, const int (&c)[4]) {
#ifdef __CUDACC__
  asm("mma.sync.aligned.m16n8k16.row.col.s32.s8.s8.s32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%7,%8,%9,%10};"
      : "=r"(d[0]), "=r"(d[1]), "=r"(d[2]), "=r"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(b), "r"(c[0]), "r"(c[1]), "r"(c[2]), "r"(c[3]));
#else
  twin::BytesOperands<16> operands{d, a, &b, c};
  emulation::warp_together(twin::mma_bytes<16>, &operands);
#endif
}

// c[16, 8] += a[16, 8] * b[8, 8] in tf32: a[0] is row g, column j; a[1] row g + 8; a[2], a[3] the same of column j + 4; b[0] is row j, column g; b[1] row
// j + 4.
INLINE void mma_floats(float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
#ifdef __CUDACC__
  asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  twin::FloatOperands operands{c, a, b};
  emulation::warp_together(twin::mma_floats, &operands);
#endif
}

// A float32 as a sum of two tf32, which keeps 21 of its 24 bits: a tensor core that takes both computes as good as in float32 (Ootomo and Yokota 2022,
// section 3).
struct Split {
  unsigned high, low;
};

INLINE unsigned to_tf32(float value) {
#ifdef __CUDACC__
  unsigned bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
  return bits;
#else
  unsigned bits = float_to_bits(value);
  bool finite = (bits & 0x7f800000u) != 0x7f800000u;
  return finite ? (bits + 0x1000u) & 0xffffe000u : bits;
#endif
}

INLINE Split split(float value) {
  unsigned high = to_tf32(value);
  return {high, to_tf32(value - bits_to_float(high))};
}
