package org.millrace.gpu.device;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.millrace.gpu.device.DeviceMemory.Kind;
import org.millrace.gpu.driver.CudaContext;
import org.millrace.gpu.driver.CudaContext.Grid;
import org.millrace.inference.gguf.GgmlType;
import org.millrace.inference.gguf.GgufTensor;
import org.millrace.inference.tensor.Buffer;
import org.millrace.inference.tensor.Matrix;

/**
 * Brings a file's tensors to the device, once and some rows at a time, through a piece of its
 * memory where a kernel gives them the form that products want.
 */
final class WeightStore {
  static final long PIECE_BYTES = 32L << 20;
  private static final int ROWS_AT_ONCE = 16;

  private final CudaContext context;
  private final DeviceMemory memory;
  private final Launcher launcher;
  private final Upload upload;
  private @Nullable Staging staging;
  private long piece;
  private long pieceBytes;

  WeightStore(DeviceMemory memory, Launcher launcher, Upload upload) {
    this.context = launcher.context();
    this.memory = memory;
    this.launcher = launcher;
    this.upload = upload;
  }

  /** All of a tensor as float32. */
  Buffer load(GgufTensor tensor) {
    int count = Math.toIntExact(tensor.elements());
    long address = memory.take(4L * count, Kind.WEIGHTS, tensor.name());
    upload(tensor.data(), 0, tensor.data().byteSize());
    decode(tensor.type(), GgmlType.F32, address, 1, count, count);
    return new Buffer(address, count);
  }

  /** Some rows of a tensor as a matrix. */
  Matrix matrix(GgufTensor tensor, int firstRow, int rows) {
    int columns = Math.toIntExact(tensor.columns());
    GgmlType stored = Storage.of(tensor.type());
    long bytes = Storage.bytes(stored, rows, columns);
    long address = memory.take(bytes, Kind.WEIGHTS, tensor.name());
    long rowBytes = tensor.type().bytesFor(columns);
    int atOnce = (int) Math.max(1, PIECE_BYTES / rowBytes / ROWS_AT_ONCE) * ROWS_AT_ONCE;
    for (int row = 0; row < rows; row += atOnce) {
      int count = Math.min(atOnce, rows - row);
      upload(tensor.data(), (firstRow + row) * rowBytes, count * rowBytes);
      if (Storage.isQuantized(stored)) {
        boolean last = row + count == rows;
        int padded = last ? Storage.paddedRows(rows) - row : count;
        repack(stored, address, rows, columns, row, padded);
      } else {
        int stride = Storage.stride(columns);
        long to = address + (long) row * stride * stored.blockBytes();
        decode(tensor.type(), stored, to, count, columns, stride);
      }
    }
    return new Matrix(stored, rows, columns, address);
  }

  private void upload(MemorySegment data, long from, long bytes) {
    if (staging == null || bytes > pieceBytes) {
      long wanted = Math.max(bytes, Math.min(PIECE_BYTES, data.byteSize()));
      done();
      pieceBytes = wanted;
      piece = memory.take(pieceBytes, "bringing weights");
      staging = new Staging(context, pieceBytes);
    }
    staging.bring(data.asSlice(from, bytes), piece);
    upload.brought(bytes);
  }

  /** Gives back what weights passed through; more may be brought all the same. */
  void done() {
    if (staging != null) {
      context.synchronize();
      staging.close();
      staging = null;
      memory.give(piece);
      pieceBytes = 0;
    }
  }

  private void decode(
      GgmlType from, GgmlType to, long address, long rows, int columns, int stride) {
    launcher
        .arguments()
        .put(piece)
        .put(address)
        .put(rows)
        .put(from.id())
        .put(from.blockSize())
        .put(from.blockBytes())
        .put(columns)
        .put(stride)
        .put(to.id());
    launcher.run("decode_raw", Grid.over(rows * stride, 256));
  }

  private void repack(GgmlType type, long address, int rows, int columns, int first, int count) {
    int blocks = columns / Storage.BLOCK;
    launcher
        .arguments()
        .put(piece)
        .put(address)
        .put(type.id())
        .put(type.blockBytes())
        .put(rows)
        .put(blocks)
        .put(first)
        .put(count);
    launcher.run("repack", Grid.over((long) count * blocks, 128));
  }
}
