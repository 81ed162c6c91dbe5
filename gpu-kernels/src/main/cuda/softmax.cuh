// A softmax in parts (Milakov and Gimelshein 2018, algorithm 3), joined by one function wherever that is done.
#pragma once

#include "device.cuh"

// A softmax on its way: of what was seen the largest score and the sum of exponentials.
struct Running {
  float maximum, sum;
};

// The factors by which two parts' values are added; `total` becomes both together.
struct Join {
  float before, after;
};

INLINE Join join(Running &total, Running part) {
  // A part that sees nothing changes nothing.
  if (part.maximum == -INFINITY) {
    return {1, 0};
  }
  float maximum = greater_of(total.maximum, part.maximum);
  Join factors = {expf(total.maximum - maximum), expf(part.maximum - maximum)};
  total = {maximum, fmaf(total.sum, factors.before, part.sum * factors.after)};
  return factors;
}
