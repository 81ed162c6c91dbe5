/* Every kernel, for the lanes that were included before. */
#include "product.h"
#include "quantize.h"
#include "sink.h"
#include "unpack.h"
#include "panel.h"
#include "floats.h"
#include "elementwise.h"
#include "attention.h"

#define KERNELS(id, text)                                                                          \
  const struct kernels id = {text, quantize, multiply, attend, norm, add_scaled, scale, activate,  \
                             soft_cap, most_likely, read_all, rotate};
