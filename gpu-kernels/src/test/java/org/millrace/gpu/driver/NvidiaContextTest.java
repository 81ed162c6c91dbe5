package org.millrace.gpu.driver;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.gpu.CudaProbe;
import org.millrace.gpu.driver.CudaContext.Event;
import org.millrace.gpu.driver.CudaContext.Graph;
import org.millrace.gpu.driver.CudaContext.Grid;
import org.millrace.gpu.emulation.StandIn;

/** The way through JCuda to a driver, which is a stand-in that can be told to fail. */
class NvidiaContextTest {
  private static final int COUNT = 1024;
  private static final long BYTES = 4L * COUNT;

  @BeforeEach
  void needsTheStandIn() {
    assumeTrue(StandIn.isThere(), "skipped: no stand-in for the driver");
    StandIn.reset();
  }

  @AfterEach
  void asItWas() {
    if (StandIn.isThere()) {
      StandIn.reset();
    }
  }

  private static MemorySegment counted(MemorySegment memory) {
    for (int i = 0; i < COUNT; i++) {
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, i);
    }
    return memory;
  }

  /** x += y, which are one and the same: each number doubles. */
  private static void twice(CudaContext context, long memory) {
    Grid grid = Grid.over(COUNT, 256);
    var arguments =
        new Arguments().put(memory).put(memory).put(0L).put(0L).put((long) COUNT).put(0);
    // All blocks of threads add; none asks for memory ahead.
    arguments.put(grid.x()).put(0L).put(0L);
    context.launch(context.kernel("add_rows"), grid, arguments);
  }

  private static float[] read(CudaContext context, long memory) {
    try (var arena = Arena.ofConfined()) {
      MemorySegment found = arena.allocate(BYTES, 4);
      context.download(memory, found, BYTES);
      return found.toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  private static String message(Throwable failure) {
    return Objects.requireNonNull(failure.getMessage());
  }

  @Test
  void copiesKernelsGraphsAndTimesGoThroughTheDriver() {
    try (var context = NvidiaContext.open(0)) {
      long free = context.freeBytes();
      long memory = context.allocate(BYTES);
      long other = context.allocate(BYTES);
      context.upload(counted(context.pinned(BYTES)), memory, BYTES);
      context.beginCapture();
      twice(context, memory);
      context.copy(memory, other, BYTES);
      Graph graph = context.endCapture();
      try (Event before = context.newEvent();
          Event after = context.newEvent()) {
        before.record();
        context.launch(graph);
        context.launch(graph);
        after.record();
        assertTrue(after.millisSince(before) >= 0);
      }
      assertEquals(4f * 77, read(context, other)[77]);
      context.fill(other, 0, BYTES);
      assertEquals(0f, read(context, other)[77]);
      assertTrue(graph.bytes() > 0);
      graph.close();
      context.free(memory);
      context.free(other);
      assertEquals(free, context.freeBytes());
    }
  }

  @Test
  void theImageForTheChipIsLoadedAndPtxElsewhere() {
    try (var hopper = NvidiaContext.open(0)) {
      assertTrue(hopper.has("wide_matmul_q4_0"));
      assertFalse(hopper.has("no_such_kernel"));
    }
    StandIn.control("capability=80");
    try (var ampere = NvidiaContext.open(0)) {
      assertFalse(ampere.has("wide_matmul_q4_0"));
      assertTrue(ampere.has("matmul_q4_0_32"));
    }
  }

  @Test
  void whatOneThreadTookAnotherMayUseAndGiveBack() {
    try (var context = NvidiaContext.open(0)) {
      long memory = CompletableFuture.supplyAsync(() -> context.allocate(BYTES)).join();
      MemorySegment pinned = CompletableFuture.supplyAsync(() -> context.pinned(BYTES)).join();
      context.upload(counted(pinned), memory, BYTES);
      CompletableFuture.runAsync(() -> twice(context, memory)).join();
      assertEquals(10f, read(context, memory)[5]);
      CompletableFuture.runAsync(() -> context.unpin(pinned)).join();
      CompletableFuture.runAsync(() -> context.free(memory)).join();
    }
  }

  @Test
  void twoModelsOfOneDeviceShareItAndLeaveWhenTheyLike() {
    var first = NvidiaContext.open(0);
    try (var second = NvidiaContext.open(0)) {
      long memory = second.allocate(BYTES);
      first.close();
      first.close();
      second.fill(memory, 0, BYTES);
      assertEquals(0f, read(second, memory)[1]);
      assertThrows(IllegalStateException.class, first::synchronize);
      second.free(memory);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, true", "1, false", "0, true", "0, false"})
  void dataGoesFromDeviceToDeviceWhicheverIsClosedFirst(int peers, boolean sourceFirst) {
    StandIn.control("peers=" + peers);
    var source = NvidiaContext.open(0);
    var target = NvidiaContext.open(1);
    long from = source.allocate(BYTES);
    long to = target.allocate(BYTES);
    source.upload(counted(source.pinned(BYTES)), from, BYTES);
    twice(source, from);
    target.receive(source, from, to, BYTES);
    twice(target, to);
    assertEquals(4f * 9, read(target, to)[9]);
    source.free(from);
    target.free(to);
    (sourceFirst ? source : target).close();
    (sourceFirst ? target : source).close();
  }

  @Test
  void memoryThatRanOutIsSaidAndTheDeviceGoesOn() {
    try (var context = NvidiaContext.open(0)) {
      StandIn.control("fail_allocation=1");
      assertThrows(DeviceMemoryException.class, () -> context.allocate(BYTES));
      context.free(context.allocate(BYTES));
      assertThrows(DeviceMemoryException.class, () -> context.allocate(8L << 30));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {700, 719, 214})
  void aDeviceThatIsLostFailsEveryCallUntilItIsClosed(int status) {
    var context = NvidiaContext.open(0);
    long memory = context.allocate(BYTES);
    MemorySegment pinned = context.pinned(BYTES);
    context.fill(memory, 0, BYTES);
    StandIn.control("fail_launch=2 fail_status=" + status);
    twice(context, memory);
    twice(context, memory);
    twice(context, memory);
    assertThrows(DeviceLostException.class, context::synchronize);
    assertThrows(DeviceLostException.class, () -> read(context, memory));
    assertThrows(DeviceLostException.class, () -> context.allocate(BYTES));
    assertThrows(DeviceLostException.class, () -> context.free(memory));
    assertThrows(DeviceLostException.class, () -> context.unpin(pinned));
    context.close();
    if (status == 214) {
      var refusal = assertThrows(DeviceLostException.class, () -> NvidiaContext.open(0));
      assertTrue(message(refusal).contains("ECC"), message(refusal));
      assertEquals(1, StandIn.complaints().size());
      StandIn.control("repair=0");
    }
    NvidiaContext.open(0).close();
  }

  @Test
  void aDeviceThatIsLostLeavesTheOtherAlone() {
    var lost = NvidiaContext.open(0);
    try (var other = NvidiaContext.open(1)) {
      long memory = lost.allocate(BYTES);
      long kept = other.allocate(BYTES);
      other.upload(counted(other.pinned(BYTES)), kept, BYTES);
      StandIn.control("fail_launch=1 fail_device=0");
      twice(lost, memory);
      twice(other, kept);
      assertThrows(DeviceLostException.class, lost::synchronize);
      assertEquals(6f, read(other, kept)[3]);
      lost.close();
      other.free(kept);
    }
  }

  @Test
  void aGraphThatCannotBeWrittenDownLeavesTheStreamUsable() {
    try (var context = NvidiaContext.open(0)) {
      long memory = context.allocate(BYTES);
      context.beginCapture();
      assertThrows(CudaException.class, context::synchronize);
      assertThrows(CudaException.class, () -> context.allocate(BYTES));
      assertThrows(CudaException.class, context::endCapture);
      assertEquals(2, StandIn.complaints().size());
      context.fill(memory, 0, BYTES);
      assertEquals(0f, read(context, memory)[0]);
      context.free(memory);
    }
  }

  @Test
  void whatTheDriverDoesNotAllowIsRefused() {
    try (var context = NvidiaContext.open(0)) {
      long memory = context.allocate(BYTES);
      context.free(memory);
      assertThrows(CudaException.class, () -> context.free(memory));
      assertThrows(CudaException.class, () -> context.fill(memory, 0, BYTES));
      assertThrows(CudaException.class, () -> context.allocate(0));
      var arguments = new Arguments().put(0L).put(0L).put(0L).put(0L).put(0L).put(0);
      var kernel = context.kernel("add_rows");
      for (Grid grid :
          List.of(new Grid(1, 65_536, 1, 256), new Grid(0, 1, 1, 256), Grid.of(1, 512))) {
        assertThrows(CudaException.class, () -> context.launch(kernel, grid, arguments));
      }
      assertThrows(CudaException.class, () -> context.kernel("no_such_kernel"));
      assertEquals(6, StandIn.complaints().size());
    }
  }

  @Test
  void aDriverThatCannotReadTheKernelsIsToldApartAndLeavesNothingBehind() {
    StandIn.control("capability=80 driver=12080");
    var refusal = assertThrows(CudaException.class, () -> NvidiaContext.open(0));
    assertTrue(message(refusal).contains("580 or newer"), message(refusal));
    assertEquals(1, StandIn.complaints().size());
  }

  @ParameterizedTest
  @CsvSource({
    "driver=12080, the driver supports CUDA 12.8; at least 13.0 is needed",
    "devices=0, cuInit answered CUDA_ERROR_NO_DEVICE",
    "init=803, cuInit answered CUDA_ERROR_SYSTEM_DRIVER_MISMATCH",
    "capability=75, device 0 (stand-in for a GPU) has compute capability 7.5"
  })
  void theProbeSaysWhyThereIsNothing(String setting, String reason) {
    StandIn.control(setting);
    CudaProbe.Finding finding = CudaProbe.probe();
    assertEquals(List.of(), finding.devices());
    assertTrue(finding.reason().contains(reason), finding.reason());
  }

  @Test
  void whatWasAskedOfTheStreamIsDoneInOrder() {
    try (var context = NvidiaContext.open(0)) {
      long memory = context.allocate(BYTES);
      MemorySegment pinned = counted(context.pinned(BYTES));
      context.upload(pinned, memory, BYTES);
      float[] doubled = read(context, memory);
      context.synchronize();
      pinned.fill((byte) 0);
      assertArrayEquals(doubled, read(context, memory));
      context.free(memory);
    }
  }
}
