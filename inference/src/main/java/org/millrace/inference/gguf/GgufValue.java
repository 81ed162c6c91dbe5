package org.millrace.inference.gguf;

import java.util.List;

/**
 * A metadata value. Numbers are widened, with the type the file gave them kept beside. The arrays
 * are shared, not copied: nobody may write to them.
 */
public sealed interface GgufValue {

  /** The type the file gave: that of the elements for arrays. */
  GgufValueType type();

  /**
   * An integer; an unsigned 64-bit value over {@code Long.MAX_VALUE} shows as a negative number.
   */
  record Whole(GgufValueType type, long value) implements GgufValue {}

  /** A 32- or 64-bit floating point number. */
  record Real(GgufValueType type, double value) implements GgufValue {}

  /** True or false. */
  record Truth(boolean value) implements GgufValue {
    @Override
    public GgufValueType type() {
      return GgufValueType.BOOL;
    }
  }

  /** A string. */
  record Text(String value) implements GgufValue {
    @Override
    public GgufValueType type() {
      return GgufValueType.STRING;
    }
  }

  /** An array of integers of one width. */
  @SuppressWarnings("ArrayRecordComponent")
  record Wholes(GgufValueType type, long[] values) implements GgufValue {}

  /** An array of floating point numbers of one width. */
  @SuppressWarnings("ArrayRecordComponent")
  record Reals(GgufValueType type, double[] values) implements GgufValue {}

  /** An array of truth values. */
  @SuppressWarnings("ArrayRecordComponent")
  record Truths(boolean[] values) implements GgufValue {
    @Override
    public GgufValueType type() {
      return GgufValueType.BOOL;
    }
  }

  /** An array of strings. */
  record Texts(List<String> values) implements GgufValue {
    @Override
    public GgufValueType type() {
      return GgufValueType.STRING;
    }
  }

  /** An array of arrays. */
  record Arrays(List<GgufValue> values) implements GgufValue {
    @Override
    public GgufValueType type() {
      return GgufValueType.ARRAY;
    }
  }
}
