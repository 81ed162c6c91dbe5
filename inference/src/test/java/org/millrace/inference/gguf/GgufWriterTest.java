package org.millrace.inference.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.inference.gguf.GgufWriter.Value;

/** Reads what was written with a reader of its own, so that writer and reader cannot err alike. */
class GgufWriterTest {
  @TempDir Path folder;

  @Test
  void everyTypeOfMetadataIsReadBackAsItWasWritten() throws IOException {
    Map<String, Value> values = new LinkedHashMap<>();
    values.put("a.uint8", new Value.Uint8(255));
    values.put("a.int8", new Value.Int8((byte) -128));
    values.put("a.uint16", new Value.Uint16(65535));
    values.put("a.int16", new Value.Int16((short) -32768));
    values.put("a.uint32", new Value.Uint32(4294967295L));
    values.put("a.int32", new Value.Int32(Integer.MIN_VALUE));
    values.put("a.uint64", new Value.Uint64(-1));
    values.put("a.int64", new Value.Int64(Long.MIN_VALUE));
    values.put("a.float32", new Value.Float32(-0.1f));
    values.put("a.float64", new Value.Float64(Math.PI));
    values.put("a.bool", new Value.Bool(true));
    values.put("a.text", new Value.Text("Mühlgraben \0 水"));
    var inner = new Value.Array(Value.Bool.class, List.of(new Value.Bool(false)));
    values.put("a.array", new Value.Array(Value.Array.class, List.of(inner, inner)));
    values.put("a.empty", new Value.Array(Value.Float32.class, List.of()));
    var writer = new GgufWriter();
    values.forEach(writer::put);

    assertEquals(values, read(written(writer)).metadata());
  }

  @Test
  void tensorsBeginAtTheAlignmentAndHoldTheirBytes() throws IOException {
    byte[] first = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    byte[] second = new byte[34 * 3];
    Arrays.fill(second, (byte) 7);
    for (int alignment : new int[] {8, 32, 64}) {
      var writer =
          new GgufWriter()
              .put("general.alignment", alignment)
              .tensor("first", GgmlType.F32, List.of(3L), out -> out.write(first))
              .tensor("second", GgmlType.Q8_0, List.of(32L, 3L), out -> out.write(second));
      Parsed parsed = read(written(writer));

      assertEquals(0, parsed.dataOffset() % alignment);
      assertEquals(new Info(GgmlType.F32.id(), List.of(3L), 0), parsed.tensors().get("first"));
      Info info = Objects.requireNonNull(parsed.tensors().get("second"));
      assertEquals(Math.ceilDiv(12, alignment) * (long) alignment, info.offset());
      assertEquals(List.of(32L, 3L), info.dimensions());
      assertEquals(ByteBuffer.wrap(first), parsed.data(0, 12));
      assertEquals(ByteBuffer.wrap(second), parsed.data(info.offset(), second.length));
    }
  }

  @Test
  void aTensorLargerThanAnyBufferIsStreamed() throws IOException {
    int chunks = 64;
    byte[] chunk = new byte[1 << 20];
    Arrays.fill(chunk, (byte) 0x5A);
    long elements = (long) chunks * chunk.length / Float.BYTES;
    var writer =
        new GgufWriter()
            .tensor(
                "large",
                GgmlType.F32,
                List.of(elements),
                out -> {
                  for (int i = 0; i < chunks; i++) {
                    out.write(chunk);
                  }
                });
    Path file = folder.resolve("large.gguf");
    writer.writeTo(file);

    assertTrue(Files.size(file) >= (long) chunks * chunk.length);
  }

  @Test
  void aTensorOfTooFewOrTooManyBytesIsRefusedAndLeavesNoFile() {
    for (int bytes : new int[] {11, 13}) {
      var writer =
          new GgufWriter()
              .tensor("odd", GgmlType.F32, List.of(3L), out -> out.write(new byte[bytes]));
      Path file = folder.resolve("odd.gguf");

      assertThrows(IOException.class, () -> writer.writeTo(file));
      assertFalse(Files.exists(file));
    }
  }

  @Test
  void namesAreDeclaredOnceAndRowsAreWholeBlocks() {
    var writer = new GgufWriter().put("key", 1).tensor("t", GgmlType.F32, List.of(1L), out -> {});

    assertThrows(IllegalArgumentException.class, () -> writer.put("key", 2));
    assertThrows(
        IllegalArgumentException.class,
        () -> writer.tensor("t", GgmlType.F32, List.of(1L), out -> {}));
    assertThrows(
        IllegalArgumentException.class,
        () -> writer.tensor("q", GgmlType.Q8_0, List.of(33L), out -> {}));
    assertThrows(
        IllegalArgumentException.class,
        () -> writer.tensor("d", GgmlType.F32, List.of(1L, 1L, 1L, 1L, 1L), out -> {}));
    assertThrows(
        IllegalArgumentException.class,
        () -> writer.tensor("n".repeat(65), GgmlType.F32, List.of(1L), out -> {}));
    assertThrows(IllegalArgumentException.class, () -> writer.put("general.alignment", 12));
    assertThrows(IllegalArgumentException.class, () -> new Value.Uint8(256));
  }

  private ByteBuffer written(GgufWriter writer) throws IOException {
    Path file = folder.resolve("written.gguf");
    writer.writeTo(file);
    return ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
  }

  private record Info(int type, List<Long> dimensions, long offset) {}

  private record Parsed(
      Map<String, Value> metadata, Map<String, Info> tensors, int dataOffset, ByteBuffer file) {
    ByteBuffer data(long offset, int length) {
      return file.slice((int) (dataOffset + offset), length);
    }
  }

  private static Parsed read(ByteBuffer in) {
    assertEquals("GGUF", StandardCharsets.US_ASCII.decode(in.slice(0, 4)).toString());
    in.position(4);
    assertEquals(3, in.getInt());
    long tensorCount = in.getLong();
    long valueCount = in.getLong();
    Map<String, Value> metadata = new LinkedHashMap<>();
    for (long i = 0; i < valueCount; i++) {
      String key = text(in);
      metadata.put(key, value(in, in.getInt()));
    }
    Map<String, Info> tensors = new LinkedHashMap<>();
    for (long i = 0; i < tensorCount; i++) {
      String name = text(in);
      List<Long> dimensions = new ArrayList<>();
      for (int left = in.getInt(); left > 0; left--) {
        dimensions.add(in.getLong());
      }
      tensors.put(name, new Info(in.getInt(), dimensions, in.getLong()));
    }
    int alignment =
        metadata.get("general.alignment") instanceof Value.Uint32(long bytes) ? (int) bytes : 32;
    int dataOffset = Math.ceilDiv(in.position(), alignment) * alignment;
    return new Parsed(metadata, tensors, dataOffset, in);
  }

  private static Value value(ByteBuffer in, int type) {
    return switch (type) {
      case 0 -> new Value.Uint8(Byte.toUnsignedInt(in.get()));
      case 1 -> new Value.Int8(in.get());
      case 2 -> new Value.Uint16(Short.toUnsignedInt(in.getShort()));
      case 3 -> new Value.Int16(in.getShort());
      case 4 -> new Value.Uint32(Integer.toUnsignedLong(in.getInt()));
      case 5 -> new Value.Int32(in.getInt());
      case 6 -> new Value.Float32(in.getFloat());
      case 7 -> new Value.Bool(in.get() == 1);
      case 8 -> new Value.Text(text(in));
      case 9 -> array(in);
      case 10 -> new Value.Uint64(in.getLong());
      case 11 -> new Value.Int64(in.getLong());
      case 12 -> new Value.Float64(in.getDouble());
      default -> throw new AssertionError("no GGUF type has the number " + type);
    };
  }

  private static Value array(ByteBuffer in) {
    int type = in.getInt();
    List<Value> values = new ArrayList<>();
    for (long left = in.getLong(); left > 0; left--) {
      values.add(value(in, type));
    }
    var elementType =
        List.<Class<? extends Value>>of(
                Value.Uint8.class,
                Value.Int8.class,
                Value.Uint16.class,
                Value.Int16.class,
                Value.Uint32.class,
                Value.Int32.class,
                Value.Float32.class,
                Value.Bool.class,
                Value.Text.class,
                Value.Array.class,
                Value.Uint64.class,
                Value.Int64.class,
                Value.Float64.class)
            .get(type);
    return new Value.Array(elementType, values);
  }

  private static String text(ByteBuffer in) {
    byte[] bytes = new byte[(int) in.getLong()];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
