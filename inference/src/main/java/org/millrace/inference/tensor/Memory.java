package org.millrace.inference.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Off-heap memory by absolute address.
 *
 * <p>One constant segment over everything, instead of one per tensor: the compiler then knows the
 * segment's class, base and size, and a kernel's loads become plain loads however many other kinds
 * of segments the process uses. The price is that nothing checks an address, so {@link Buffer} and
 * {@link Matrix} are checked once per operation before kernels run.
 */
final class Memory {
  /** All of memory. */
  static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  /**
   * No address is greater. {@code address & ADDRESSES} is the address itself, but from it the
   * compiler learns that a load from there, or a little further on, lies within {@link #ALL}, and
   * leaves out the bounds check, which takes as many instructions as the load itself.
   */
  static final long ADDRESSES = Long.MAX_VALUE >>> 8;

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Memory() {}

  static float getFloat(long address) {
    return ALL.get(FLOAT, address);
  }

  static void setFloat(long address, float value) {
    ALL.set(FLOAT, address, value);
  }

  static double getDouble(long address) {
    return ALL.get(DOUBLE, address);
  }

  static void setDouble(long address, double value) {
    ALL.set(DOUBLE, address, value);
  }

  static int getInt(long address) {
    return ALL.get(INT, address);
  }

  static void setInt(long address, int value) {
    ALL.set(INT, address, value);
  }

  static long getLong(long address) {
    return ALL.get(LONG, address);
  }

  static void setLong(long address, long value) {
    ALL.set(LONG, address, value);
  }

  static short getShort(long address) {
    return ALL.get(SHORT, address);
  }

  static void setShort(long address, short value) {
    ALL.set(SHORT, address, value);
  }

  static void setByte(long address, byte value) {
    ALL.set(ValueLayout.JAVA_BYTE, address, value);
  }

  static int getByte(long address) {
    return ALL.get(ValueLayout.JAVA_BYTE, address);
  }

  static int getUnsignedByte(long address) {
    return ALL.get(ValueLayout.JAVA_BYTE, address) & 0xff;
  }

  static float getHalf(long address) {
    return Float.float16ToFloat(getShort(address));
  }

  static void copyFloats(long from, float[] to, int count) {
    MemorySegment.copy(ALL, FLOAT, from, to, 0, count);
  }

  static void copyFloats(long from, long to, long count) {
    MemorySegment.copy(ALL, from, ALL, to, count * Float.BYTES);
  }

  static void zeroFloats(long address, long count) {
    for (long i = 0; i < count; i++) {
      setFloat(address + i * Float.BYTES, 0);
    }
  }
}
