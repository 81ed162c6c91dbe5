package org.millrace.inference.model;

import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.ModelLoadException;
import org.millrace.inference.gguf.GgufFile;
import org.millrace.inference.gguf.GgufValue;

/** Reads keys that begin with the architecture's name, naming key and value in each fault. */
record ShapeReader(GgufFile file, String prefix) {

  /** As the file has it, or null where it does not. */
  @Nullable GgufValue value(String key) {
    return file.metadata().get(prefix + "." + key);
  }

  int positive(String key) {
    return required(key, Integer.MAX_VALUE);
  }

  int required(String key, int most) {
    file.integer(prefix + "." + key);
    return bounded(key, 0, 1, most);
  }

  int bounded(String key, int fallback, int least, int most) {
    long value = file.integer(prefix + "." + key, fallback);
    if (value < least || value > most) {
      throw fault("%s.%s is %d; it lies between %d and %d", prefix, key, value, least, most);
    }
    return (int) value;
  }

  /** Some files list a value for each layer. One for all is supported. */
  int sameForAllLayers(String key, int fallback) {
    String name = prefix + "." + key;
    if (value(key) instanceof GgufValue.Wholes list && list.values().length > 0) {
      for (long value : list.values()) {
        if (value != list.values()[0] || value < 1 || value > 1 << 16) {
          throw fault("%s differs from layer to layer, which is not supported", name);
        }
      }
      return (int) list.values()[0];
    }
    if (fallback == 0) {
      file.integer(name);
    }
    return bounded(key, fallback, 1, 1 << 16);
  }

  double real(String key, double fallback) {
    double value = file.number(prefix + "." + key, fallback);
    if (!Double.isFinite(value) || value < 0) {
      throw fault("%s.%s is %s; it is a number of at least 0", prefix, key, value);
    }
    return value;
  }

  double requiredReal(String key) {
    file.number(prefix + "." + key);
    return real(key, 0);
  }

  double positiveReal(String key, double fallback) {
    double value = real(key, fallback);
    if (value == 0) {
      throw fault("%s.%s is 0; it is greater than 0", prefix, key);
    }
    return value;
  }

  ModelLoadException fault(String message, Object... values) {
    return new ModelLoadException(file.path() + ": " + message.formatted(values));
  }
}
