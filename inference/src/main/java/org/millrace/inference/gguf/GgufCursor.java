package org.millrace.inference.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.ModelLoadException;

/**
 * Walks over the bytes of a file, checking every count and length against what is left before
 * anything is read or allocated.
 */
final class GgufCursor {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Heap that all metadata of a file may take; the largest vocabularies known take a tenth. */
  private static final long HEAP_BYTES_MAX = 256L << 20;

  private final MemorySegment bytes;
  private final String file;
  private long position;
  private long heapBytes;

  GgufCursor(MemorySegment bytes, String file) {
    this.bytes = bytes;
    this.file = file;
  }

  long position() {
    return position;
  }

  int int8(String what) {
    return bytes.get(ValueLayout.JAVA_BYTE, advance(1, what));
  }

  short int16(String what) {
    return bytes.get(SHORT, advance(2, what));
  }

  int int32(String what) {
    return bytes.get(INT, advance(4, what));
  }

  long uint32(String what) {
    return Integer.toUnsignedLong(int32(what));
  }

  long int64(String what) {
    return bytes.get(LONG, advance(8, what));
  }

  String string(String what) {
    long length = int64(what);
    if (length < 0 || length > remaining()) {
      throw fault(
          "%s claims %s bytes, but %d are left in the file"
              .formatted(what, Long.toUnsignedString(length), remaining()));
    }
    if (length == 0) {
      return "";
    }
    charge(length + 48, what);
    byte[] utf8 = new byte[(int) length];
    MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, advance(length, what), utf8, 0, (int) length);
    return new String(utf8, StandardCharsets.UTF_8);
  }

  /** Reads how many things follow, each at least {@code bytesMin} long and taking heap. */
  int count(String what, int bytesMin, int heapBytesEach) {
    long count = int64(what);
    if (count < 0 || count > remaining() / bytesMin) {
      throw fault(
          "%s claims %s entries of at least %d bytes, but %d bytes are left in the file"
              .formatted(what, Long.toUnsignedString(count), bytesMin, remaining()));
    }
    if (count > Integer.MAX_VALUE - 8) {
      throw fault("%s has %d entries; the limit is 2147483639".formatted(what, count));
    }
    charge(count * heapBytesEach, what);
    return (int) count;
  }

  /** An exception that names the file and where in it the fault lies. */
  ModelLoadException fault(String what) {
    return fault(what, null);
  }

  ModelLoadException fault(String what, @Nullable Throwable cause) {
    return new ModelLoadException("%s: %s (at byte %d)".formatted(file, what, position), cause);
  }

  private void charge(long more, String what) {
    heapBytes += more;
    if (heapBytes > HEAP_BYTES_MAX) {
      throw fault(
          "metadata takes more than %d MiB of memory at %s; this is no model file"
              .formatted(HEAP_BYTES_MAX >> 20, what));
    }
  }

  private long remaining() {
    return bytes.byteSize() - position;
  }

  private long advance(long length, String what) {
    if (length > remaining()) {
      throw fault(
          "the file ends within %s: %d bytes wanted, %d left".formatted(what, length, remaining()));
    }
    long start = position;
    position += length;
    return start;
  }
}
