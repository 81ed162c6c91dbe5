package org.millrace.inference.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.ModelLoadException;

/**
 * Walks over the bytes of a file, checking every count and length against what is left before
 * anything is read or allocated.
 */
final class GgufCursor {
  /** Heap that all metadata of a file may take; the largest vocabularies known take a tenth. */
  private static final long HEAP_BYTES_MAX = 256L << 20;

  /** Read at once: a file's head is walked before anything is compiled, when segments are slow. */
  private static final int WINDOW_BYTES = 1 << 16;

  private final MemorySegment bytes;
  private final String file;
  private final byte[] window = new byte[WINDOW_BYTES];
  private long windowStart;
  private int windowBytes;
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
    return window[next(1, what)];
  }

  short int16(String what) {
    int at = next(2, what);
    return (short) (unsigned(at) | unsigned(at + 1) << 8);
  }

  int int32(String what) {
    int at = next(4, what);
    return unsigned(at) | unsigned(at + 1) << 8 | unsigned(at + 2) << 16 | unsigned(at + 3) << 24;
  }

  long uint32(String what) {
    return Integer.toUnsignedLong(int32(what));
  }

  long int64(String what) {
    require(8, what);
    return uint32(what) | uint32(what) << 32;
  }

  private int unsigned(int at) {
    return window[at] & 0xff;
  }

  /** Advances by a few bytes; returns where in the window they are. */
  private int next(int length, String what) {
    long start = advance(length, what);
    if (start < windowStart || start + length > windowStart + windowBytes) {
      windowStart = start;
      windowBytes = (int) Math.min(WINDOW_BYTES, bytes.byteSize() - start);
      MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, start, window, 0, windowBytes);
    }
    return (int) (start - windowStart);
  }

  String string(String what) {
    int length = stringLength(what);
    if (length <= WINDOW_BYTES) {
      return new String(window, next(length, what), length, StandardCharsets.UTF_8);
    }
    return new String(copy(advance(length, what), length), StandardCharsets.UTF_8);
  }

  /** So many strings, kept as the bytes they are. */
  List<String> strings(int count, String what) {
    long first = position;
    int[] ends = new int[count];
    for (int i = 0; i < count; i++) {
      advance(stringLength(what), what);
      ends[i] = (int) (position - first);
    }
    return new TextList(copy(first, (int) (position - first)), ends);
  }

  private byte[] copy(long from, int length) {
    byte[] copy = new byte[length];
    MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, from, copy, 0, length);
    return copy;
  }

  private int stringLength(String what) {
    long length = int64(what);
    if (length < 0 || length > remaining()) {
      throw fault(
          "%s claims %s bytes, but %d are left in the file"
              .formatted(what, Long.toUnsignedString(length), remaining()));
    }
    charge(length + 48, what);
    return (int) length;
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

  private void require(long length, String what) {
    if (length > remaining()) {
      throw fault(
          "the file ends within %s: %d bytes wanted, %d left".formatted(what, length, remaining()));
    }
  }

  private long advance(long length, String what) {
    require(length, what);
    long start = position;
    position += length;
    return start;
  }
}
