// Reading keys and values from the cache, whatever it holds them as.
#pragma once

#include "position.cuh"

// As many neighbouring words as one load takes: four, two or one.
template <int WORDS>
INLINE void load_words(const uint8_t *from, unsigned (&to)[WORDS]) {
#pragma unroll
  for (int i = 0; i < WORDS; i += WORDS % 4 == 0 ? 4 : WORDS % 2 == 0 ? 2 : 1) {
    if constexpr (WORDS % 4 == 0) {
      uint4 four = *reinterpret_cast<const uint4 *>(from + 4 * i);
      to[i] = four.x;
      to[i + 1] = four.y;
      to[i + 2] = four.z;
      to[i + 3] = four.w;
    } else if constexpr (WORDS % 2 == 0) {
      uint2 two = *reinterpret_cast<const uint2 *>(from + 4 * i);
      to[i] = two.x;
      to[i + 1] = two.y;
    } else {
      to[i] = *reinterpret_cast<const unsigned *>(from + 4 * i);
    }
  }
}

// N neighbouring elements of the cache; of quanta two or four, without their scale.
template <int BYTES, int N>
INLINE void load_cached(const uint8_t *from, float (&to)[N]) {
  if constexpr (BYTES == 1) {
    unsigned word = N == 4 ? *reinterpret_cast<const unsigned *>(from) : *reinterpret_cast<const uint16_t *>(from);
#pragma unroll
    for (int i = 0; i < N; i++) {
      to[i] = float(int8_t(word >> (i % 4 * 8)));
    }
  } else {
    unsigned words[N * BYTES / 4];
    load_words(from, words);
#pragma unroll
    for (int i = 0; i < N; i++) {
      to[i] = BYTES == 4 ? bits_to_float(words[i * BYTES / 4]) : half_to_float(uint16_t(words[i * BYTES / 4] >> (i % 2 * 16)));
    }
  }
}
