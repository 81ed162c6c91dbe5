package org.millrace.inference.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.millrace.inference.gguf.GgmlType;

/** Blocks worked out by hand. */
class ScalarDecodeTest {
  private static final short HALF = Float.floatToFloat16(0.5f);
  private static final short QUARTER = Float.floatToFloat16(0.25f);

  private static float[] decode(GgmlType type, ByteBuffer block) {
    assertEquals(type.blockBytes(), block.position(), "the block as written");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment in = arena.allocate(type.blockBytes());
      in.copyFrom(MemorySegment.ofBuffer(block.flip()));
      long out = arena.allocate(4L * type.blockSize()).address();
      ScalarDecode.decode(type, in.address(), out, type.blockSize());
      float[] values = new float[type.blockSize()];
      Memory.copyFloats(out, values, values.length);
      return values;
    }
  }

  private static ByteBuffer block(GgmlType type) {
    return ByteBuffer.allocate(type.blockBytes()).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static ByteBuffer fill(ByteBuffer block, int count, int value) {
    for (int i = 0; i < count; i++) {
      block.put((byte) value);
    }
    return block;
  }

  @Test
  void q80IsScaleTimesSignedByte() {
    ByteBuffer block = block(GgmlType.Q8_0).putShort(HALF).put((byte) -128).put((byte) 127);
    float[] values = decode(GgmlType.Q8_0, fill(block, 30, 3));
    assertEquals(-64f, values[0]);
    assertEquals(63.5f, values[1]);
    assertEquals(1.5f, values[31]);
  }

  @Test
  void q40HoldsTheSecondHalfInTheHighNibbles() {
    float[] values = decode(GgmlType.Q4_0, fill(block(GgmlType.Q4_0).putShort(HALF), 16, 0xf1));
    assertEquals(-3.5f, values[0]);
    assertEquals(-3.5f, values[15]);
    assertEquals(3.5f, values[16]);
  }

  @Test
  void q41AddsAMinimum() {
    ByteBuffer block = block(GgmlType.Q4_1).putShort(HALF).putShort(QUARTER);
    float[] values = decode(GgmlType.Q4_1, fill(block, 16, 0x52));
    assertEquals(1.25f, values[3]);
    assertEquals(2.75f, values[19]);
  }

  @Test
  void q50TakesItsFifthBitsFromAWord() {
    ByteBuffer block = block(GgmlType.Q5_0).putShort(HALF).putInt(0x0002_0001);
    float[] values = decode(GgmlType.Q5_0, fill(block, 16, 0x21));
    assertEquals(0.5f, values[0], "(1 + 16 - 16) / 2");
    assertEquals(-7.5f, values[1]);
    assertEquals(-7f, values[16]);
    assertEquals(1f, values[17], "(2 + 16 - 16) / 2");
  }

  @Test
  void q51TakesItsFifthBitsFromAWordAndAddsAMinimum() {
    ByteBuffer block = block(GgmlType.Q5_1).putShort(HALF).putShort(QUARTER).putInt(0x8000_0000);
    float[] values = decode(GgmlType.Q5_1, fill(block, 16, 0x21));
    assertEquals(0.75f, values[15]);
    assertEquals(9.25f, values[31], "(2 + 16) / 2 + 1 / 4");
  }

  @Test
  void q2kHasAScaleAndAMinimumForSixteen() {
    ByteBuffer block = fill(block(GgmlType.Q2_K), 15, 0x21);
    block.put((byte) 0x43);
    fill(block, 64, 0b11_10_01_00);
    float[] values = decode(GgmlType.Q2_K, block.putShort(HALF).putShort(QUARTER));
    assertEquals(-0.5f, values[0]);
    assertEquals(0f, values[32]);
    assertEquals(0.5f, values[64]);
    assertEquals(1f, values[96]);
    assertEquals(3.5f, values[255], "0.5 * 3 * 3 - 0.25 * 4");
  }

  @Test
  void q3kSubtractsFourWhereTheMaskIsClear() {
    ByteBuffer block = fill(block(GgmlType.Q3_K), 32, 0b0000_0010);
    fill(block, 64, 0b11_10_01_10);
    // All low nibbles 1 and all high pairs 2: every scale is 33 - 32 = 1.
    fill(block, 8, 0x11);
    fill(block, 4, 0b10_10_10_10);
    float[] values = decode(GgmlType.Q3_K, block.putShort(HALF));
    assertEquals(-1f, values[0], "(2 - 4) / 2");
    assertEquals(0.5f, values[32], "its mask bit is set");
    assertEquals(-0.5f, values[127], "(3 - 4) / 2");
    assertEquals(-1f, values[128]);
  }

  @Test
  void q4kPacksSixBitScalesInTwelveBytes() {
    ByteBuffer block = block(GgmlType.Q4_K).putShort(HALF).putShort(QUARTER);
    // Groups 0 to 3: scale 2 | (1 << 6), minimum 3; groups 4 to 7: low nibbles 5, high 6.
    fill(fill(fill(block, 4, 0x42), 4, 0x03), 4, 0x65);
    float[] values = decode(GgmlType.Q4_K, fill(block, 128, 0x71));
    assertEquals(0.25f, values[0], "0.5 * 2 * 1 - 0.25 * 3");
    assertEquals(6.25f, values[32], "0.5 * 2 * 7 - 0.25 * 3");
    assertEquals(9f, values[128], "0.5 * (5 + 16) * 1 - 0.25 * 6");
    assertEquals(72f, values[160], "0.5 * 21 * 7 - 0.25 * 6");
  }

  @Test
  void q5kAddsAFifthBitPerGroup() {
    ByteBuffer block = block(GgmlType.Q5_K).putShort(HALF).putShort(QUARTER);
    fill(fill(fill(block, 4, 0x02), 4, 0x03), 4, 0x00);
    fill(block, 32, 0b0000_0010);
    float[] values = decode(GgmlType.Q5_K, fill(block, 128, 0x71));
    assertEquals(0.25f, values[0]);
    assertEquals(22.25f, values[32], "0.5 * 2 * (7 + 16) - 0.25 * 3");
  }

  @Test
  void q6kJoinsFourAndTwoBits() {
    ByteBuffer block = fill(fill(block(GgmlType.Q6_K), 128, 0xa1), 64, 0b11_10_01_00);
    fill(fill(block, 8, 2), 8, -1);
    float[] values = decode(GgmlType.Q6_K, block.putShort(HALF));
    assertEquals(-31f, values[0], "0.5 * 2 * (1 - 32)");
    assertEquals(-15f, values[32], "0.5 * 2 * (1 + 16 - 32)");
    assertEquals(10f, values[64], "0.5 * 2 * (10 + 32 - 32)");
    assertEquals(26f, values[96], "0.5 * 2 * (10 + 48 - 32)");
    assertEquals(15.5f, values[128], "0.5 * -1 * (1 - 32)");
  }

  @Test
  void iq4LooksItsValuesUp() {
    ByteBuffer nl = block(GgmlType.IQ4_NL).putShort(HALF);
    float[] values = decode(GgmlType.IQ4_NL, fill(nl, 16, 0xf0));
    assertEquals(-63.5f, values[0]);
    assertEquals(56.5f, values[16]);
    ByteBuffer xs = block(GgmlType.IQ4_XS).putShort(HALF).putShort((short) 0xaaaa);
    float[] scaled = decode(GgmlType.IQ4_XS, fill(fill(xs, 4, 0x21), 128, 0xf0));
    assertEquals(-63.5f, scaled[0], "scale 1 + 32 - 32");
    assertEquals(113f, scaled[32 + 16], "scale 2 + 32 - 32");
  }

  @Test
  void plainTypesAreWidened() {
    assertEquals(0.25f, decode(GgmlType.F16, block(GgmlType.F16).putShort(QUARTER))[0]);
    assertEquals(-2f, decode(GgmlType.BF16, block(GgmlType.BF16).putShort((short) 0xc000))[0]);
    assertEquals(1.5f, decode(GgmlType.F32, block(GgmlType.F32).putFloat(1.5f))[0]);
  }
}
