package org.millrace.inference.gguf;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the header, metadata and tensor list of a file: GGUF specification versions 2 and 3, little
 * endian.
 */
final class GgufParser {
  private static final int MAGIC = 0x46554747;
  private static final int DIMENSIONS_MAX = 4;
  private static final int ARRAY_DEPTH_MAX = 8;
  private static final String ALIGNMENT = "general.alignment";

  /** What a file holds besides its bytes. */
  record Contents(
      int version,
      Map<String, GgufValue> metadata,
      Map<String, GgufTensor> tensors,
      Map<String, Long> unknownTypes) {}

  private record Entry(String name, List<Long> shape, long typeId, long offset) {}

  private final MemorySegment bytes;
  private final GgufCursor in;
  private final Map<String, GgufValue> metadata = new LinkedHashMap<>();
  private final Map<String, GgufTensor> tensors = new LinkedHashMap<>();
  private final Map<String, Long> unknownTypes = new LinkedHashMap<>();

  GgufParser(MemorySegment bytes, String file) {
    this.bytes = bytes;
    this.in = new GgufCursor(bytes, file);
  }

  Contents parse() {
    int version = version();
    int tensorCount = in.count("the number of tensors", 24, 256);
    int metadataCount = in.count("the number of metadata entries", 13, 128);
    for (int i = 0; i < metadataCount; i++) {
      readEntry(i);
    }
    List<Entry> entries = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < tensorCount; i++) {
      Entry entry = readTensor(i);
      if (!names.add(entry.name)) {
        throw in.fault("tensor " + entry.name + " is listed twice");
      }
      entries.add(entry);
    }
    long alignment = alignment();
    long dataStart = Math.ceilDiv(in.position(), alignment) * alignment;
    for (Entry entry : entries) {
      locate(entry, dataStart, alignment);
    }
    refuseOverlap();
    return new Contents(version, metadata, tensors, unknownTypes);
  }

  private int version() {
    int magic = in.int32("the magic number");
    if (magic != MAGIC) {
      throw in.fault("this is no GGUF file: it does not begin with \"GGUF\"");
    }
    int version = in.int32("the version");
    if (version != 0 && (version & 0xffff) == 0) {
      throw in.fault("this is a big-endian GGUF file; only little-endian files are supported");
    }
    if (version != 2 && version != 3) {
      throw in.fault(
          "GGUF version %s is not supported; versions 2 and 3 are"
              .formatted(Integer.toUnsignedString(version)));
    }
    return version;
  }

  private void readEntry(int index) {
    String key = in.string("the key of metadata entry " + index);
    if (key.isEmpty()) {
      throw in.fault("metadata entry " + index + " has an empty key");
    }
    GgufValue value = readValue(valueType(key), key, 0);
    if (metadata.put(key, value) != null) {
      throw in.fault("metadata key " + key + " is given twice");
    }
  }

  private GgufValueType valueType(String key) {
    long id = in.uint32("the type of " + key);
    GgufValueType type = GgufValueType.ofId(id);
    if (type == null) {
      throw in.fault("metadata %s has value type %d; types are 0 to 12".formatted(key, id));
    }
    return type;
  }

  private GgufValue readValue(GgufValueType type, String key, int depth) {
    return switch (type) {
      case FLOAT32, FLOAT64 -> new GgufValue.Real(type, readReal(type, key));
      case BOOL -> new GgufValue.Truth(readTruth(key));
      case STRING -> new GgufValue.Text(in.string(key));
      case ARRAY -> readArray(key, depth);
      default -> new GgufValue.Whole(type, readWhole(type, key));
    };
  }

  private long readWhole(GgufValueType type, String key) {
    return switch (type) {
      case UINT8 -> in.int8(key) & 0xff;
      case INT8 -> in.int8(key);
      case UINT16 -> in.int16(key) & 0xffff;
      case INT16 -> in.int16(key);
      case UINT32 -> in.uint32(key);
      case INT32 -> in.int32(key);
      default -> in.int64(key);
    };
  }

  private double readReal(GgufValueType type, String key) {
    return type == GgufValueType.FLOAT32
        ? Float.intBitsToFloat(in.int32(key))
        : Double.longBitsToDouble(in.int64(key));
  }

  private boolean readTruth(String key) {
    int value = in.int8(key);
    if (value != 0 && value != 1) {
      throw in.fault("metadata %s is %d; a truth value is 0 or 1".formatted(key, value));
    }
    return value == 1;
  }

  private GgufValue readArray(String key, int depth) {
    if (depth == ARRAY_DEPTH_MAX) {
      throw in.fault(
          "metadata %s nests arrays deeper than the limit of %d".formatted(key, ARRAY_DEPTH_MAX));
    }
    GgufValueType type = valueType(key);
    int heapBytesEach =
        switch (type) {
          case BOOL -> 1;
          case ARRAY -> 64;
          default -> 8;
        };
    int count = in.count(key, type.bytesMin(), heapBytesEach);
    return switch (type) {
      case FLOAT32, FLOAT64 -> {
        double[] values = new double[count];
        Arrays.setAll(values, i -> readReal(type, key));
        yield new GgufValue.Reals(type, values);
      }
      case BOOL -> {
        boolean[] values = new boolean[count];
        for (int i = 0; i < count; i++) {
          values[i] = readTruth(key);
        }
        yield new GgufValue.Truths(values);
      }
      case STRING -> new GgufValue.Texts(in.strings(count, key));
      case ARRAY -> {
        GgufValue[] values = new GgufValue[count];
        Arrays.setAll(values, i -> readArray(key, depth + 1));
        yield new GgufValue.Arrays(List.of(values));
      }
      default -> {
        long[] values = new long[count];
        Arrays.setAll(values, i -> readWhole(type, key));
        yield new GgufValue.Wholes(type, values);
      }
    };
  }

  private Entry readTensor(int index) {
    String name = in.string("the name of tensor " + index);
    if (name.isEmpty()) {
      throw in.fault("tensor " + index + " has an empty name");
    }
    long dimensions = in.uint32("the dimensions of " + name);
    if (dimensions < 1 || dimensions > DIMENSIONS_MAX) {
      throw in.fault(
          "tensor %s has %d dimensions; 1 to %d are allowed"
              .formatted(name, dimensions, DIMENSIONS_MAX));
    }
    List<Long> shape = new ArrayList<>();
    for (int i = 0; i < dimensions; i++) {
      long size = in.int64("the shape of " + name);
      if (size < 1) {
        throw in.fault(
            "tensor %s has a size of %s; sizes are at least 1"
                .formatted(name, Long.toUnsignedString(size)));
      }
      shape.add(size);
    }
    return new Entry(
        name,
        List.copyOf(shape),
        in.uint32("the type of " + name),
        in.int64("the offset of " + name));
  }

  private long alignment() {
    GgufValue value = metadata.get(ALIGNMENT);
    if (value == null) {
      return 32;
    }
    if (value instanceof GgufValue.Whole whole
        && whole.value() >= 1
        && whole.value() <= 1 << 20
        && Long.bitCount(whole.value()) == 1) {
      return whole.value();
    }
    throw in.fault(ALIGNMENT + " is " + value + "; it is a power of two from 1 to 1048576");
  }

  private void locate(Entry entry, long dataStart, long alignment) {
    GgmlType type = GgmlType.ofId(entry.typeId);
    if (type == null) {
      unknownTypes.put(entry.name, entry.typeId);
      return;
    }
    long size = sizeBytes(entry, type);
    if (entry.offset < 0 || entry.offset % alignment != 0) {
      throw in.fault(
          "tensor %s lies at offset %s, which is no multiple of the alignment %d"
              .formatted(entry.name, Long.toUnsignedString(entry.offset), alignment));
    }
    long dataBytes = Math.max(0, bytes.byteSize() - dataStart);
    if (entry.offset > dataBytes || size > dataBytes - entry.offset) {
      throw in.fault(
          "tensor %s takes %d bytes at offset %d, but the file holds %d bytes of tensors; it is cut short"
              .formatted(entry.name, size, entry.offset, dataBytes));
    }
    MemorySegment data = bytes.asSlice(dataStart + entry.offset, size);
    tensors.put(entry.name, new GgufTensor(entry.name, type, entry.shape, data));
  }

  /** Of two tensors on the same bytes one at least is not what its name says. */
  private void refuseOverlap() {
    List<GgufTensor> byAddress = new ArrayList<>(tensors.values());
    byAddress.sort(Comparator.comparingLong(tensor -> tensor.data().address()));
    for (int i = 1; i < byAddress.size(); i++) {
      GgufTensor before = byAddress.get(i - 1);
      GgufTensor tensor = byAddress.get(i);
      if (before.data().address() + before.data().byteSize() > tensor.data().address()) {
        throw in.fault("tensor %s overlaps %s".formatted(tensor.name(), before.name()));
      }
    }
  }

  private long sizeBytes(Entry entry, GgmlType type) {
    long columns = entry.shape.getFirst();
    if (columns % type.blockSize() != 0) {
      throw in.fault(
          "tensor %s has rows of %d elements, no multiple of the %d that a block of %s holds"
              .formatted(entry.name, columns, type.blockSize(), type));
    }
    try {
      long elements = 1;
      for (long size : entry.shape) {
        elements = Math.multiplyExact(elements, size);
      }
      return type.bytesFor(elements);
    } catch (ArithmeticException tooLarge) {
      throw in.fault(
          "tensor %s of shape %s is too large".formatted(entry.name, entry.shape), tooLarge);
    }
  }

  /** The names of the supported types, for messages. */
  static String supportedTypes() {
    return String.join(", ", Arrays.stream(GgmlType.values()).map(Enum::name).toList());
  }
}
