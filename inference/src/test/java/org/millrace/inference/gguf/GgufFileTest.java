package org.millrace.inference.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.inference.api.ModelLoadException;

class GgufFileTest {
  @TempDir Path folder;

  /** Writes bytes by hand, so that a fault of reader and writer together would show. */
  private static final class Bytes {
    private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);

    static Bytes header(int version, long tensors, long entries) {
      var bytes = new Bytes();
      bytes.buffer.putInt(0x46554747).putInt(version).putLong(tensors).putLong(entries);
      return bytes;
    }

    Bytes text(String text) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      buffer.putLong(utf8.length).put(utf8);
      return this;
    }

    Bytes entry(String key, int type, Consumer<ByteBuffer> value) {
      text(key).buffer.putInt(type);
      value.accept(buffer);
      return this;
    }

    Bytes tensor(String name, int type, long offset, long... shape) {
      text(name).buffer.putInt(shape.length);
      for (long size : shape) {
        buffer.putLong(size);
      }
      buffer.putInt(type).putLong(offset);
      return this;
    }

    byte[] padded(int more) {
      int length = Math.ceilDiv(buffer.position(), 32) * 32;
      return Arrays.copyOf(buffer.array(), length + more);
    }

    byte[] exact() {
      return Arrays.copyOf(buffer.array(), buffer.position());
    }
  }

  private static void putText(ByteBuffer out, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    out.putLong(utf8.length).put(utf8);
  }

  private static byte[] everything(int version) {
    return Bytes.header(version, 2, 17)
        .entry("u8", 0, b -> b.put((byte) 200))
        .entry("i8", 1, b -> b.put((byte) -3))
        .entry("u16", 2, b -> b.putShort((short) 60_000))
        .entry("i16", 3, b -> b.putShort((short) -5))
        .entry("u32", 4, b -> b.putInt((int) 4_000_000_000L))
        .entry("i32", 5, b -> b.putInt(-7))
        .entry("f32", 6, b -> b.putFloat(1.5f))
        .entry("yes", 7, b -> b.put((byte) 1))
        .entry("text", 8, b -> putText(b, "grüße"))
        .entry("u64", 10, b -> b.putLong(-1))
        .entry("i64", 11, b -> b.putLong(-9))
        .entry("f64", 12, b -> b.putDouble(0.1))
        .entry("ints", 9, b -> b.putInt(5).putLong(3).putInt(1).putInt(-2).putInt(3))
        .entry("reals", 9, b -> b.putInt(6).putLong(2).putFloat(0.5f).putFloat(-1))
        .entry("flags", 9, b -> b.putInt(7).putLong(2).put((byte) 0).put((byte) 1))
        .entry(
            "texts",
            9,
            b -> {
              b.putInt(8).putLong(2);
              putText(b, "a");
              putText(b, "");
            })
        .entry(
            "nested",
            9,
            b -> {
              b.putInt(9).putLong(2);
              b.putInt(4).putLong(1).putInt(11);
              b.putInt(9).putLong(1).putInt(0).putLong(2).put((byte) 1).put((byte) 2);
            })
        .tensor("plain", 0, 0, 4, 2)
        .tensor("blocks", 8, 32, 32, 3)
        .padded(32 + 102);
  }

  private Path write(byte[] bytes) {
    try {
      return Files.write(folder.resolve("model.gguf"), bytes);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private String refusal(byte[] bytes) {
    Path file = write(bytes);
    String message =
        Objects.requireNonNull(
            assertThrows(ModelLoadException.class, () -> GgufFile.open(file).close()).getMessage());
    assertTrue(message.contains(file.toString()), message);
    return message;
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void everyTypeOfMetadataIsRead(int version) {
    try (GgufFile file = GgufFile.open(write(everything(version)))) {
      assertEquals(version, file.version());
      assertEquals(200, file.integer("u8"));
      assertEquals(-3, file.integer("i8"));
      assertEquals(60_000, file.integer("u16"));
      assertEquals(-5, file.integer("i16"));
      assertEquals(4_000_000_000L, file.integer("u32"));
      assertEquals(-7, file.integer("i32"));
      assertEquals(-9, file.integer("i64"));
      assertEquals(1.5, file.number("f32"));
      assertEquals(0.1, file.number("f64"));
      assertTrue(file.bool("yes", false));
      assertEquals("grüße", file.string("text"));
      assertArrayEquals(new int[] {1, -2, 3}, file.ints("ints"));
      assertArrayEquals(new float[] {0.5f, -1}, file.floats("reals"));
      assertEquals(List.of("a", ""), file.strings("texts"));
      assertEquals(17, file.metadata().size());
      var nested = (GgufValue.Arrays) Objects.requireNonNull(file.metadata().get("nested"));
      var inner = (GgufValue.Arrays) nested.values().get(1);
      assertArrayEquals(new long[] {1, 2}, ((GgufValue.Wholes) inner.values().getFirst()).values());
    }
  }

  @Test
  void gettersSayWhatIsMissingOrMistyped() {
    try (GgufFile file = GgufFile.open(write(everything(3)))) {
      assertFault("absent is missing", () -> file.integer("absent"));
      assertFault("text should be an integer", () -> file.integer("text"));
      assertFault("u64 should be an integer of at most 63 bits", () -> file.integer("u64"));
      assertFault("u8 should be a string", () -> file.string("u8"));
      assertFault("ints should be an array of strings", () -> file.strings("ints"));
      assertFault("texts should be an array of integers", () -> file.ints("texts"));
      assertEquals(5, file.integer("absent", 5));
      assertEquals("x", file.string("absent", "x"));
      assertFalse(file.optionalStrings("absent").isPresent());
      assertFalse(file.has("absent"));
    }
  }

  private static void assertFault(String part, Runnable read) {
    String message =
        Objects.requireNonNull(assertThrows(ModelLoadException.class, read::run).getMessage());
    assertTrue(message.contains(part), message);
  }

  @Test
  void tensorsLieInTheMapWhereTheFileSays() {
    byte[] bytes = everything(3);
    int data = bytes.length - 32 - 102;
    bytes[data + 32] = 77;
    try (GgufFile file = GgufFile.open(write(bytes))) {
      GgufTensor blocks = file.tensor("blocks").orElseThrow();
      assertEquals(GgmlType.Q8_0, blocks.type());
      assertEquals(List.of(32L, 3L), blocks.shape());
      assertEquals(3, blocks.rows());
      assertEquals(102, blocks.data().byteSize());
      assertEquals(77, blocks.data().get(ValueLayout.JAVA_BYTE, 0));
      assertEquals(2, file.tensors().size());
      assertTrue(file.tensor("none").isEmpty());
    }
  }

  @Test
  void aVocabularyWithoutTensorsIsFineAndMetadataOutlivesTheMap() {
    GgufFile file =
        GgufFile.open(write(Bytes.header(3, 0, 1).entry("a", 4, b -> b.putInt(1)).exact()));
    assertTrue(file.tensors().isEmpty());
    file.close();
    file.close();
    assertEquals(1, file.integer("a"));
  }

  @Test
  void aFileCutShortAnywhereIsRefused() {
    byte[] whole = everything(3);
    for (int length = 0; length < whole.length; length++) {
      refusal(Arrays.copyOf(whole, length));
    }
  }

  @Test
  void aFileWithAnyBytesChangedIsReadOrRefusedButNothingElse() throws IOException {
    var random = new SplittableRandom(42);
    byte[] whole = everything(3);
    int refused = 0;
    for (int round = 0; round < 4_000; round++) {
      byte[] bytes = whole.clone();
      for (int i = random.nextInt(1, 5); i > 0; i--) {
        int extreme = random.nextInt(4);
        byte value = extreme == 0 ? (byte) 0xff : extreme == 1 ? 0x7f : (byte) random.nextInt(256);
        bytes[random.nextInt(bytes.length)] = value;
      }
      Path file = write(bytes);
      try (GgufFile read = GgufFile.open(file)) {
        touch(read);
      } catch (ModelLoadException expected) {
        refused++;
        assertTrue(Objects.requireNonNull(expected.getMessage()).contains("model.gguf"));
      }
    }
    assertTrue(refused > 1_000, "mutations that matter: " + refused);
  }

  private static void touch(GgufFile file) {
    for (GgufTensor tensor : file.tensors()) {
      long sum = 0;
      for (long i = 0; i < tensor.data().byteSize(); i++) {
        sum += tensor.data().get(ValueLayout.JAVA_BYTE, i);
      }
      assertTrue(sum < Long.MAX_VALUE);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MAX_VALUE, 1L << 40, 1 << 20})
  void hugeCountsAndLengthsAreRefusedBeforeAnythingIsAllocated(long huge) {
    refusal(Bytes.header(3, huge, 0).exact());
    refusal(Bytes.header(3, 0, huge).exact());
    refusal(Bytes.header(3, 0, 1).entry("a", 8, b -> b.putLong(huge)).exact());
    for (int type = 0; type <= 12; type++) {
      int of = type;
      refusal(Bytes.header(3, 0, 1).entry("a", 9, b -> b.putInt(of).putLong(huge)).exact());
    }
    refusal(Bytes.header(3, 1, 0).tensor("t", 0, 0, huge).padded(64));
    refusal(Bytes.header(3, 1, 0).tensor("t", 0, huge, 4).padded(64));
    refusal(Bytes.header(3, 1, 0).tensor("t", 0, 0, huge, huge, huge, huge).padded(64));
  }

  @Test
  void eachFaultIsNamed() {
    assertTrue(refusal("NOPE, this is text".getBytes(StandardCharsets.UTF_8)).contains("no GGUF"));
    assertTrue(refusal(Bytes.header(0x03000000, 0, 0).exact()).contains("big-endian"));
    assertTrue(refusal(Bytes.header(1, 0, 0).exact()).contains("version 1"));
    assertTrue(
        refusal(Bytes.header(3, 0, 1).entry("a", 13, b -> {}).exact()).contains("value type 13"));
    assertTrue(
        refusal(Bytes.header(3, 0, 1).entry("a", 7, b -> b.put((byte) 2)).exact())
            .contains("truth value"));
    assertTrue(
        refusal(
                Bytes.header(3, 0, 2)
                    .entry("a", 0, b -> b.put((byte) 2))
                    .entry("a", 0, b -> b.put((byte) 2))
                    .exact())
            .contains("twice"));
    assertTrue(
        refusal(Bytes.header(3, 0, 1).entry("general.alignment", 4, b -> b.putInt(3)).exact())
            .contains("power of two"));
    assertTrue(refusal(Bytes.header(3, 1, 0).tensor("t", 8, 0, 33).padded(99)).contains("33"));
    assertTrue(refusal(Bytes.header(3, 1, 0).tensor("t", 0, 4, 1).padded(99)).contains("offset 4"));
    assertTrue(
        refusal(Bytes.header(3, 1, 0).tensor("t", 0, 0, 1, 1, 1, 1, 1).padded(99))
            .contains("5 dimensions"));
    assertTrue(
        refusal(Bytes.header(3, 2, 0).tensor("t", 0, 0, 1).tensor("t", 0, 0, 1).padded(99))
            .contains("twice"));
  }

  @Test
  void tensorsThatOverlapAreRefused() {
    byte[] file = Bytes.header(3, 2, 0).tensor("one", 0, 0, 32).tensor("two", 0, 96, 8).padded(192);
    assertFault("tensor two", () -> GgufFile.open(write(file)).close());
    byte[] same = Bytes.header(3, 2, 0).tensor("a", 0, 32, 8).tensor("b", 0, 32, 8).padded(192);
    assertFault("overlap", () -> GgufFile.open(write(same)).close());
  }

  @Test
  void arraysNestOnlySoDeep() {
    Bytes bytes =
        Bytes.header(3, 0, 1)
            .entry(
                "a",
                9,
                b -> {
                  for (int i = 0; i < 1_000; i++) {
                    b.putInt(9).putLong(1);
                  }
                });
    assertTrue(refusal(bytes.exact()).contains("deeper"));
  }

  @Test
  void aTypeNobodyKnowsIsNamedWhenItsTensorIsWanted() {
    Path path = write(Bytes.header(3, 1, 0).tensor("t", 99, 0, 4).padded(64));
    try (GgufFile file = GgufFile.open(path)) {
      assertFault("type number 99", () -> file.tensor("t"));
      assertFault("Q4_0", file::tensors);
    }
  }

  @Test
  void aMissingFileAndAFolderAreNamed() {
    assertFault("no such file", () -> GgufFile.open(folder.resolve("none.gguf")));
    assertFault("directory", () -> GgufFile.open(folder));
  }
}
