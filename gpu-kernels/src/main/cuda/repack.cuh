// From a file's tensors to what kernels read. Runs once, when a model is loaded.
#pragma once

#include "quantized.cuh"

INLINE uint16_t raw_half(const uint8_t *at) { return uint16_t(at[0] | at[1] << 8); }
INLINE float raw_scale(const uint8_t *at) { return half_to_float(raw_half(at)); }
INLINE unsigned raw_word(const uint8_t *at) { return at[0] | at[1] << 8 | at[2] << 16 | unsigned(at[3]) << 24; }

INLINE int nibble(const uint8_t *bytes, int i) { return i < 16 ? bytes[i] & 15 : bytes[i - 16] >> 4; }

// Six-bit scale (part 0) or minimum (part 1) of a group of Q4_K and Q5_K: four whole, four in two pieces.
INLINE int six_bits(const uint8_t *scales, int group, int part) {
  if (group < 4) {
    return scales[group + 4 * part] & 63;
  }
  int low = part == 0 ? scales[group + 4] & 15 : scales[group + 4] >> 4;
  return low | scales[group - 4 + 4 * part] >> 6 << 4;
}

// Element i of a file's block as a whole number, for the types that stay quantized (ggml-quants.c, dequantize_row_*).
INLINE int raw_code(int type, const uint8_t *block, int i) {
  int group = i / 32, at = i % 32;
  switch (type) {
    case Q4_0:
      return nibble(block + 2, i);
    case Q8_0:
      return int8_t(block[2 + i]);
    case Q4_K:
      return block[16 + group / 2 * 32 + at] >> group % 2 * 4 & 15;
    case Q5_K:
      return (block[48 + group / 2 * 32 + at] >> group % 2 * 4 & 15) | (block[16 + at] >> group & 1) << 4;
    default: {  // Q6_K
      int half = i / 128, part = i % 128 / 32;
      int low = block[half * 64 + part % 2 * 32 + at] >> part / 2 * 4 & 15;
      return low | (block[128 + half * 32 + at] >> part * 2 & 3) << 4;
    }
  }
}

// The values of the four-bit codes of IQ4_NL and IQ4_XS.
INLINE int four_bit_value(int code) {
  const signed char values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
  return values[code];
}

// Element i of a file's block as a float, scale times quantum plus minimum, rounded once.
INLINE float raw_element(int type, const uint8_t *block, int i) {
  int group = i / 32;
  switch (type) {
    case F32:
      return bits_to_float(raw_word(block));
    case F16:
      return raw_scale(block);
    case BF16:
      return bfloat_to_float(raw_half(block));
    case Q4_0:
      return raw_scale(block) * float(raw_code(type, block, i) - 8);
    case Q4_1:
      return fmaf(raw_scale(block), float(nibble(block + 4, i)), raw_scale(block + 2));
    case Q5_0:
      return raw_scale(block) * float((nibble(block + 6, i) | int(raw_word(block + 2) >> i & 1) << 4) - 16);
    case Q5_1:
      return fmaf(raw_scale(block), float(nibble(block + 8, i) | (raw_word(block + 4) >> i & 1) << 4), raw_scale(block + 2));
    case Q8_0:
      return raw_scale(block) * float(raw_code(type, block, i));
    case Q2_K: {
      int quantum = block[16 + i / 128 * 32 + i % 32] >> i % 128 / 32 * 2 & 3;
      int scales = block[i / 16];
      return fmaf(raw_scale(block + 80) * float(scales & 15), float(quantum), -(raw_scale(block + 82) * float(scales >> 4)));
    }
    case Q3_K: {
      int half = i / 128, part = i % 128 / 32, j = i / 16;
      int low = block[32 + half * 32 + i % 32] >> part * 2 & 3;
      int high = block[i % 32] >> (half * 4 + part) & 1;
      int scale = (block[96 + j % 8] >> j / 8 * 4 & 15) | (block[104 + j % 4] >> j / 4 * 2 & 3) << 4;
      return raw_scale(block + 108) * float(scale - 32) * float(low - (high == 0 ? 4 : 0));
    }
    case Q4_K:
    case Q5_K: {
      float scale = raw_scale(block) * float(six_bits(block + 4, group, 0));
      return fmaf(scale, float(raw_code(type, block, i)), -(raw_scale(block + 2) * float(six_bits(block + 4, group, 1))));
    }
    case Q6_K:
      return raw_scale(block + 208) * float(int8_t(block[192 + i / 16])) * float(raw_code(type, block, i) - 32);
    case IQ4_NL:
      return raw_scale(block) * float(four_bit_value(nibble(block + 2, i)));
    default: {  // IQ4_XS
      int low = block[4 + group / 2] >> group % 2 * 4 & 15;
      int scale = (low | (raw_half(block + 2) >> group * 2 & 3) << 4) - 32;
      return raw_scale(block) * float(scale) * float(four_bit_value(nibble(block + 8 + group * 16, i % 32)));
    }
  }
}

struct DecodeArguments {
  const uint8_t *from;
  uint8_t *to;
  int64_t rows;
  int type, block_size, block_bytes;
  int columns, stride;
  int to_type;
};

// Rows of a file's tensor as floats of a type, each row padded with zeros to `stride`. A thread per element.
KERNEL(decode_raw, DecodeArguments, 256) {
  int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= args.rows * args.stride) {
    return;
  }
  int column = int(i % args.stride);
  float value = 0;
  if (column < args.columns) {
    int64_t element = i / args.stride * args.columns + column;
    value = raw_element(args.type, args.from + element / args.block_size * args.block_bytes, int(element % args.block_size));
  }
  switch (args.to_type) {
    case F32:
      reinterpret_cast<float *>(args.to)[i] = value;
      break;
    case F16:
      reinterpret_cast<uint16_t *>(args.to)[i] = float_to_half(value);
      break;
    default:  // BF16, of which only BF16 comes here: nothing is rounded
      reinterpret_cast<uint16_t *>(args.to)[i] = uint16_t(float_to_bits(value) >> 16);
      break;
  }
}

struct RepackArguments {
  const uint8_t *from;
  uint8_t *to;
  int type, block_bytes;
  int rows, blocks;
  int first_row, count;
};

INLINE void put_high(int type, const uint8_t *raw, int first, uint8_t *high) {
  for (int j = 0; j < 4; j++) {
    unsigned bits = 0;
    for (int i = 0; i < 4; i++) {
      int here = raw_code(type, raw, first + 4 * j + i), further = raw_code(type, raw, first + 16 + 4 * j + i);
      if (type == Q5_K) {
        bits |= unsigned(here >> 4) << i | unsigned(further >> 4) << (4 + i);
      } else {
        bits |= unsigned(here >> 4) << (2 * i) | unsigned(further >> 4) << (8 + 2 * i);
      }
    }
    if (type == Q5_K) {
      high[j] = uint8_t(bits);
    } else {
      high[2 * j] = uint8_t(bits);
      high[2 * j + 1] = uint8_t(bits >> 8);
    }
  }
}

INLINE void put_codes(int type, const uint8_t *raw, int first, uint8_t *low, uint8_t *high) {
  for (int i = 0; i < 16; i++) {
    int here = raw_code(type, raw, first + i), further = raw_code(type, raw, first + i + 16);
    low[i] = type == Q8_0 ? uint8_t(here) : uint8_t((here & 15) | (further & 15) << 4);
    if (type == Q8_0) {
      high[i] = uint8_t(further);
    }
  }
  if (type == Q5_K || type == Q6_K) {
    put_high(type, raw, first, high);
  }
}

INLINE void put_scales(int type, const uint8_t *raw, int group, uint8_t *scale, uint8_t *super) {
  if (type == Q4_0 || type == Q8_0) {
    scale[0] = raw[0];
    scale[1] = raw[1];
  } else if (type == Q6_K) {
    scale[0] = raw[192 + 2 * group];
    scale[1] = raw[193 + 2 * group];
    super[0] = raw[208];
    super[1] = raw[209];
    super[2] = super[3] = 0;
  } else {
    scale[0] = uint8_t(six_bits(raw + 4, group, 0));
    scale[1] = uint8_t(six_bits(raw + 4, group, 1));
    for (int i = 0; i < 4; i++) {
      super[i] = raw[i];
    }
  }
}

INLINE void put_zeros(uint8_t *to, int bytes) {
  for (int i = 0; i < bytes; i++) {
    to[i] = 0;
  }
}

// `count` of a matrix's rows, from `first_row`, into planes; those beyond its last are zeros. A thread per block of 32 elements.
KERNEL(repack, RepackArguments, 128) {
  int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= int64_t(args.count) * args.blocks) {
    return;
  }
  int row = args.first_row + int(i / args.blocks), block = int(i % args.blocks);
  Planes planes = planes_of(args.type, args.to, args.rows, args.blocks);
  long at = cell(planes, row, block);
  auto low = const_cast<uint8_t *>(planes.low) + at * 16;
  auto high = const_cast<uint8_t *>(planes.high) + at * high_bytes(args.type);
  auto scale = const_cast<uint8_t *>(planes.scale) + at * 2;
  auto super = const_cast<uint8_t *>(planes.super) + (has_super(args.type) ? super_cell(planes, row, block) * 4 : 0);
  bool whole = has_super(args.type);
  if (row >= args.rows) {
    put_zeros(low, 16);
    put_zeros(high, high_bytes(args.type));
    put_zeros(scale, 2);
    put_zeros(super, whole && block % SUPER_BLOCKS == 0 ? 4 : 0);
    return;
  }
  const uint8_t *raw = args.from + (whole ? i / SUPER_BLOCKS : i) * args.block_bytes;
  put_codes(args.type, raw, whole ? block % SUPER_BLOCKS * BLOCK : 0, low, high);
  if (!whole || block % SUPER_BLOCKS == 0) {
    put_scales(args.type, raw, block % SUPER_BLOCKS, scale, super);
  } else {
    uint8_t ignored[4];
    put_scales(args.type, raw, block % SUPER_BLOCKS, scale, ignored);
  }
}
