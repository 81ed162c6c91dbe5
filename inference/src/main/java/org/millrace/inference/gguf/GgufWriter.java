package org.millrace.inference.gguf;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a GGUF file of version 3, little-endian (the format is specified in ggml's {@code
 * docs/gguf.md}).
 *
 * <p>Metadata and tensors are declared first; {@link #writeTo(Path)} then asks each tensor for its
 * bytes, one after the other, so a file of many gigabytes never is in memory. Not thread-safe.
 */
public final class GgufWriter {

  /** A metadata value of one of GGUF's types. */
  public sealed interface Value {
    /** An unsigned 8-bit integer, 0 to 255. */
    record Uint8(int value) implements Value {
      public Uint8 {
        requireRange("uint8", value, 0, 0xFF);
      }
    }

    record Int8(byte value) implements Value {}

    /** An unsigned 16-bit integer, 0 to 65535. */
    record Uint16(int value) implements Value {
      public Uint16 {
        requireRange("uint16", value, 0, 0xFFFF);
      }
    }

    record Int16(short value) implements Value {}

    /** An unsigned 32-bit integer, 0 to 2^32 - 1. */
    record Uint32(long value) implements Value {
      public Uint32 {
        requireRange("uint32", value, 0, 0xFFFF_FFFFL);
      }
    }

    record Int32(int value) implements Value {}

    /** An unsigned 64-bit integer; a negative long stands for its unsigned value. */
    record Uint64(long value) implements Value {}

    record Int64(long value) implements Value {}

    record Float32(float value) implements Value {}

    record Float64(double value) implements Value {}

    record Bool(boolean value) implements Value {}

    record Text(String value) implements Value {}

    /**
     * Values of one type. An empty array still says of which type it is.
     *
     * @param elementType the class of all elements
     * @param values the elements
     */
    record Array(Class<? extends Value> elementType, List<? extends Value> values)
        implements Value {
      public Array {
        values = List.copyOf(values);
        for (Value value : values) {
          if (!elementType.isInstance(value)) {
            throw new IllegalArgumentException(
                "an array of %s holds a %s; all its elements must be of one type"
                    .formatted(elementType.getSimpleName(), value.getClass().getSimpleName()));
          }
        }
      }
    }

    private static void requireRange(String type, long value, long min, long max) {
      if (value < min || value > max) {
        throw new IllegalArgumentException(
            "%d is no %s; it must be from %d to %d".formatted(value, type, min, max));
      }
    }
  }

  /** Writes the bytes of one tensor, exactly as many as its type and dimensions say. */
  @FunctionalInterface
  public interface TensorContent {
    void writeTo(OutputStream out) throws IOException;
  }

  private record Tensor(
      String name, GgmlType type, List<Long> dimensions, long sizeBytes, TensorContent content) {}

  private static final int MAGIC = 0x46554747;
  private static final int VERSION = 3;
  private static final String ALIGNMENT_KEY = "general.alignment";
  private static final int DEFAULT_ALIGNMENT = 32;
  private static final int DIMENSIONS_MAX = 4;
  private static final int NAME_BYTES_MAX = 64;
  private static final int BUFFER_BYTES = 1 << 20;

  private final Map<String, Value> metadata = new LinkedHashMap<>();
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  /** Declares a metadata value; keys are lower-case words joined by dots. */
  public GgufWriter put(String key, Value value) {
    if (metadata.putIfAbsent(key, value) != null) {
      throw new IllegalArgumentException("the metadata key " + key + " is declared twice");
    }
    if (key.equals(ALIGNMENT_KEY)) {
      requireAlignment(value);
    }
    return this;
  }

  /** Declares a string. */
  public GgufWriter put(String key, String value) {
    return put(key, new Value.Text(value));
  }

  /** Declares a uint32, the type of most sizes and counts. */
  public GgufWriter put(String key, int value) {
    return put(key, new Value.Uint32(value));
  }

  /** Declares a float32. */
  public GgufWriter put(String key, float value) {
    return put(key, new Value.Float32(value));
  }

  /** Declares a bool. */
  public GgufWriter put(String key, boolean value) {
    return put(key, new Value.Bool(value));
  }

  /** Declares an array of strings. */
  public GgufWriter putTexts(String key, List<String> values) {
    var texts = values.stream().map(Value.Text::new).toList();
    return put(key, new Value.Array(Value.Text.class, texts));
  }

  /** Declares an array of int32. */
  public GgufWriter putInts(String key, List<Integer> values) {
    var numbers = values.stream().map(Value.Int32::new).toList();
    return put(key, new Value.Array(Value.Int32.class, numbers));
  }

  /** Declares an array of float32. */
  public GgufWriter putFloats(String key, List<Float> values) {
    var numbers = values.stream().map(Value.Float32::new).toList();
    return put(key, new Value.Array(Value.Float32.class, numbers));
  }

  /**
   * Declares a tensor.
   *
   * @param name at most 64 bytes of UTF-8
   * @param dimensions one to four, the row length first (ggml's order: a matrix of R rows and C
   *     columns is {@code [C, R]}); the row length is a whole number of the type's blocks
   * @param content called once, while the file is written
   */
  public GgufWriter tensor(
      String name, GgmlType type, List<Long> dimensions, TensorContent content) {
    if (name.getBytes(StandardCharsets.UTF_8).length > NAME_BYTES_MAX) {
      throw new IllegalArgumentException(
          "the tensor name %s is longer than %d bytes".formatted(name, NAME_BYTES_MAX));
    }
    long size = sizeBytes(name, type, dimensions);
    var tensor = new Tensor(name, type, List.copyOf(dimensions), size, content);
    if (tensors.putIfAbsent(name, tensor) != null) {
      throw new IllegalArgumentException("the tensor " + name + " is declared twice");
    }
    return this;
  }

  private static long sizeBytes(String name, GgmlType type, List<Long> dimensions) {
    boolean positive = dimensions.stream().allMatch(dimension -> dimension > 0);
    if (dimensions.isEmpty() || dimensions.size() > DIMENSIONS_MAX || !positive) {
      throw new IllegalArgumentException(
          "tensor %s has the dimensions %s; it must have 1 to %d, all positive"
              .formatted(name, dimensions, DIMENSIONS_MAX));
    }
    long rowBytes = type.bytesFor(dimensions.getFirst());
    return dimensions.stream().skip(1).reduce(rowBytes, Math::multiplyExact);
  }

  /**
   * Writes the file, replacing an existing one. A file whose writing failed is deleted.
   *
   * @throws IOException if it cannot be written, or a tensor gave more or fewer bytes than declared
   */
  public void writeTo(Path file) throws IOException {
    try (var out = new Output(Files.newOutputStream(file))) {
      writeAll(out);
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  private void writeAll(Output out) throws IOException {
    int alignment = alignment();
    out.int32(MAGIC);
    out.int32(VERSION);
    out.int64(tensors.size());
    out.int64(metadata.size());
    for (Map.Entry<String, Value> entry : metadata.entrySet()) {
      out.text(entry.getKey());
      out.int32(typeId(entry.getValue().getClass()));
      writeValue(out, entry.getValue());
    }
    writeTensorTable(out, alignment);
    for (Tensor tensor : tensors.values()) {
      out.pad(alignment);
      writeContent(out, tensor);
    }
    out.pad(alignment);
  }

  private void writeTensorTable(Output out, int alignment) throws IOException {
    long offset = 0;
    for (Tensor tensor : tensors.values()) {
      out.text(tensor.name());
      out.int32(tensor.dimensions().size());
      for (long dimension : tensor.dimensions()) {
        out.int64(dimension);
      }
      out.int32(tensor.type().id());
      out.int64(offset);
      offset =
          Math.ceilDiv(Math.addExact(offset, tensor.sizeBytes()), (long) alignment) * alignment;
    }
  }

  private static void writeContent(Output out, Tensor tensor) throws IOException {
    long start = out.position;
    out.limit = start + tensor.sizeBytes();
    tensor.content().writeTo(out);
    out.limit = Long.MAX_VALUE;
    long written = out.position - start;
    if (written != tensor.sizeBytes()) {
      throw new IOException(
          "tensor %s gave %d bytes; its type %s and dimensions %s take %d"
              .formatted(
                  tensor.name(), written, tensor.type(), tensor.dimensions(), tensor.sizeBytes()));
    }
  }

  private static void writeValue(Output out, Value value) throws IOException {
    switch (value) {
      case Value.Uint8(int number) -> out.write(number);
      case Value.Int8(byte number) -> out.write(number);
      case Value.Uint16(int number) -> out.int16((short) number);
      case Value.Int16(short number) -> out.int16(number);
      case Value.Uint32(long number) -> out.int32((int) number);
      case Value.Int32(int number) -> out.int32(number);
      case Value.Float32(float number) -> out.int32(Float.floatToRawIntBits(number));
      case Value.Bool(boolean flag) -> out.write(flag ? 1 : 0);
      case Value.Text(String text) -> out.text(text);
      case Value.Array array -> writeArray(out, array);
      case Value.Uint64(long number) -> out.int64(number);
      case Value.Int64(long number) -> out.int64(number);
      case Value.Float64(double number) -> out.int64(Double.doubleToRawLongBits(number));
    }
  }

  private static void writeArray(Output out, Value.Array array) throws IOException {
    out.int32(typeId(array.elementType()));
    out.int64(array.values().size());
    for (Value value : array.values()) {
      writeValue(out, value);
    }
  }

  // The order of enum gguf_metadata_value_type; a type's number is its place.
  private static final List<Class<? extends Value>> TYPES =
      List.of(
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
          Value.Float64.class);

  private static int typeId(Class<? extends Value> type) {
    int id = TYPES.indexOf(type);
    if (id < 0) {
      throw new IllegalArgumentException(type.getSimpleName() + " is no type of a GGUF value");
    }
    return id;
  }

  private int alignment() {
    return metadata.get(ALIGNMENT_KEY) instanceof Value.Uint32(long value)
        ? (int) value
        : DEFAULT_ALIGNMENT;
  }

  private static void requireAlignment(Value value) {
    boolean fits =
        value instanceof Value.Uint32(long bytes)
            && bytes > 0
            && bytes % 8 == 0
            && bytes <= 1 << 20;
    if (!fits) {
      throw new IllegalArgumentException(
          "%s is %s; it must be a uint32, a multiple of 8 and at most 1048576"
              .formatted(ALIGNMENT_KEY, value));
    }
  }

  /** Little-endian, counted, and never beyond what the present tensor may take. */
  private static final class Output extends OutputStream {
    private final OutputStream out;
    private final ByteBuffer number = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    private long position;
    private long limit = Long.MAX_VALUE;

    Output(OutputStream file) {
      this.out = new BufferedOutputStream(file, BUFFER_BYTES);
    }

    @Override
    public void write(int value) throws IOException {
      requireRoom(1);
      out.write(value);
      position++;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      requireRoom(length);
      out.write(bytes, offset, length);
      position += length;
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }

    @Override
    public void close() throws IOException {
      out.close();
    }

    void int16(short value) throws IOException {
      write(number.clear().putShort(value).array(), 0, Short.BYTES);
    }

    void int32(int value) throws IOException {
      write(number.clear().putInt(value).array(), 0, Integer.BYTES);
    }

    void int64(long value) throws IOException {
      write(number.clear().putLong(value).array(), 0, Long.BYTES);
    }

    void text(String text) throws IOException {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      int64(bytes.length);
      write(bytes, 0, bytes.length);
    }

    void pad(int alignment) throws IOException {
      while (position % alignment != 0) {
        write(0);
      }
    }

    private void requireRoom(int bytes) throws IOException {
      if (bytes > limit - position) {
        throw new IOException(
            "a tensor gave more bytes than declared: %d more with room for %d"
                .formatted(bytes, limit - position));
      }
    }
  }
}
