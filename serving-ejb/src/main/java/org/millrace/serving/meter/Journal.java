package org.millrace.serving.meter;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A small memory-mapped file with one slot per open request. A slot is taken before the request's
 * hold is placed, so after a crash every open hold of this server is named here, and holds that are
 * not named belong to another server.
 *
 * <p>File: a header of {@value JournalSlot#BYTES} bytes (magic, slot size, slots, the next claim),
 * then the slots. Taking and giving back slots is thread-safe.
 */
public final class Journal implements AutoCloseable {
  private static final long MAGIC = 0x4D_4C_52_4A_52_4E_4C_31L; // "MLRJRNL1"
  private static final long NEXT_CLAIM = 16;
  private static final VarHandle CLAIMS = ValueLayout.JAVA_LONG.varHandle();
  private static final String FILE_NAME = "open-requests.journal";

  private final Arena arena = Arena.ofShared();
  private final FileChannel channel;
  private final FileLock lock;
  private final MemorySegment header;
  private final JournalSlot[] slots;
  private final ArrayBlockingQueue<JournalSlot> free;
  private final List<Ending> left;

  private Journal(FileChannel channel, FileLock lock, int slotsWanted, LongSupplier random)
      throws IOException {
    this.channel = channel;
    this.lock = lock;
    int slotCount = Math.max(slotsWanted, slotsIn(channel));
    MemorySegment file =
        channel.map(
            FileChannel.MapMode.READ_WRITE, 0, (long) (slotCount + 1) * JournalSlot.BYTES, arena);
    file.set(ValueLayout.JAVA_LONG, 0, MAGIC);
    file.set(ValueLayout.JAVA_INT, 8, JournalSlot.BYTES);
    file.set(ValueLayout.JAVA_INT, 12, slotCount);
    header = file.asSlice(0, JournalSlot.BYTES);
    // Counted on from where the run before this one stood, so that no two placements have one
    // claim.
    CLAIMS.compareAndSet(header, NEXT_CLAIM, 0L, random.getAsLong());
    slots = new JournalSlot[slotCount];
    free = new ArrayBlockingQueue<>(slotCount);
    var endings = new ArrayList<Ending>();
    for (int i = 0; i < slotCount; i++) {
      slots[i] =
          new JournalSlot(file.asSlice((long) (i + 1) * JournalSlot.BYTES, JournalSlot.BYTES), i);
      if (slots[i].isFree()) {
        free.add(slots[i]);
      } else {
        endings.add(slots[i].left());
      }
    }
    left = List.copyOf(endings);
  }

  /**
   * Opens or creates the journal of a server.
   *
   * @param slots at least this many; a larger file keeps its size
   * @param random where the claims of a new file begin, far from those of other servers
   * @throws UncheckedIOException where the directory cannot be written, another server uses it, or
   *     the file is none of ours
   */
  public static Journal open(Path directory, int slots, LongSupplier random) {
    @Nullable FileChannel channel = null;
    try {
      Files.createDirectories(directory);
      channel =
          FileChannel.open(
              directory.resolve(FILE_NAME),
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      return new Journal(channel, lock(channel, directory), slots, random);
    } catch (IOException e) {
      closeQuietly(channel);
      throw new UncheckedIOException(
          "journal in %s: %s; set millrace.data-dir to a directory of this server's own"
              .formatted(directory, e.getMessage()),
          e);
    }
  }

  private static FileLock lock(FileChannel channel, Path directory) throws IOException {
    @Nullable FileLock lock = null;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException heldByThisProcess) {
      // Answered below like a lock of another process.
    }
    if (lock == null) {
      throw new IOException("another server uses " + directory);
    }
    return lock;
  }

  private static int slotsIn(FileChannel channel) throws IOException {
    if (channel.size() < JournalSlot.BYTES) {
      return 0;
    }
    try (Arena reading = Arena.ofConfined()) {
      var header = channel.map(FileChannel.MapMode.READ_ONLY, 0, JournalSlot.BYTES, reading);
      int count = header.get(ValueLayout.JAVA_INT, 12);
      if (header.get(ValueLayout.JAVA_LONG, 0) != MAGIC
          || header.get(ValueLayout.JAVA_INT, 8) != JournalSlot.BYTES
          || count < 0
          || count > channel.size() / JournalSlot.BYTES) {
        throw new IOException(FILE_NAME + " is not a journal of this version");
      }
      return count;
    }
  }

  /** Takes a slot for a request; empty where all are taken. */
  public Optional<JournalSlot> take(String requestId, long nowMillis) {
    JournalSlot slot = free.poll();
    if (slot == null) {
      return Optional.empty();
    }
    slot.open(requestId, (long) CLAIMS.getAndAdd(header, NEXT_CLAIM, 1L), nowMillis);
    return Optional.of(slot);
  }

  /** Gives a slot back: the ledger knows how the request ended. */
  public void giveBack(JournalSlot slot) {
    slot.free();
    free.add(slot);
  }

  /** What the run before this one left open, as it was when the journal was opened. */
  public List<Ending> left() {
    return left;
  }

  public int slotsTotal() {
    return slots.length;
  }

  public int slotsTaken() {
    return slots.length - free.size();
  }

  /** Unmaps the file and lets another server have it. What is open stays written. */
  @Override
  public void close() {
    arena.close();
    try {
      lock.release();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      closeQuietly(channel);
    }
  }

  private static void closeQuietly(@Nullable FileChannel channel) {
    if (channel == null) {
      return;
    }
    try {
      channel.close();
    } catch (IOException e) {
      System.getLogger(Journal.class.getName())
          .log(System.Logger.Level.WARNING, "journal could not be closed", e);
    }
  }
}
