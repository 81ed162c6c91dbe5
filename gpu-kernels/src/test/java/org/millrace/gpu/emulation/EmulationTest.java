package org.millrace.gpu.emulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.gpu.driver.Arguments;
import org.millrace.gpu.driver.CudaContext.Grid;
import org.millrace.gpu.driver.CudaException;
import org.millrace.gpu.driver.DeviceLostException;
import org.millrace.gpu.emulation.EmulatedContext.Order;

/** That the emulation finds what is wrong with a kernel, shown by kernels that are wrong. */
class EmulationTest {
  private static final int COUNT = 64;

  @BeforeEach
  void needsTheLibrary() {
    assumeFalse(TestDevice.isReal(), "a real device does not survive these");
    TestDevice.assumeThere();
  }

  private static float[] run(String kernel, Order order) {
    try (var context = new EmulatedContext(order);
        var arena = Arena.ofConfined()) {
      long memory = context.allocate(4L * COUNT);
      var arguments = new Arguments().put(memory).put(COUNT);
      int threads = kernel.contains("matri") || kernel.contains("multiplies") ? 128 : COUNT;
      context.launch(context.kernel(kernel), Grid.of(1, threads), arguments);
      MemorySegment result = arena.allocate(ValueLayout.JAVA_FLOAT, COUNT);
      context.download(memory, result, 4L * COUNT);
      return result.toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "fault_writes_behind, wrote behind an allocation of 256 bytes",
    "fault_writes_before, wrote before an allocation of 256 bytes",
    "fault_writes_behind_shared, wrote behind its shared memory",
    "fault_waits_alone, they wait for ever",
    "fault_leaves_its_warp, they wait for ever",
    "fault_mixes_warp_operations, different operations of the warp",
    "fault_mixes_matrices, lanes of one warpgroup bring different matrices",
    "fault_multiplies_behind_shared, reads behind the block's shared memory",
    "fault_copies_unaligned, addresses are no multiples of its size",
    "fault_reads_unaligned, an access at an address that is no multiple of its size",
    "fault_indexes_behind_an_array, an index outside of its array",
    "fault_overflows, a product that is no int",
    "fault_shifts_too_far, a shift by more bits than there are",
    "fault_asks_ahead_behind, asks ahead for what is no memory of its own"
  })
  void aFaultIsFoundAndTheKernelNamed(String kernel, String part) {
    var fault = assertThrows(DeviceLostException.class, () -> run(kernel, Order.UPWARDS));
    String message = Objects.requireNonNull(fault.getMessage());
    assertTrue(message.contains(part), message);
    assertTrue(message.contains(kernel), message);
  }

  @Test
  void whatNobodyWroteIsNoNumber() {
    float[] result = run("fault_writes_half", Order.UPWARDS);
    assertEquals(1f, result[0]);
    assertTrue(Float.isNaN(result[COUNT - 1]));
    assertTrue(Float.isNaN(run("fault_reads_fresh_shared", Order.UPWARDS)[5]));
  }

  @Test
  void aCopyThatNobodyWaitedForHasNotArrived() {
    float[] result = run("fault_waits_for_too_few_copies", Order.UPWARDS);
    assertEquals(1f, result[0]);
    assertEquals(1f, result[7]);
    assertTrue(Float.isNaN(result[8]));
  }

  @Test
  void aRaceGivesAnotherResultInAnotherOrder() {
    assertNotEquals(run("fault_races", Order.UPWARDS)[0], run("fault_races", Order.DOWNWARDS)[0]);
  }

  @Test
  void argumentsThatAreNotTheKernelsAreRefused() {
    try (var context = new EmulatedContext(Order.UPWARDS)) {
      var arguments = new Arguments().put(0L).put(0L).put(0L);
      var fault =
          assertThrows(
              CudaException.class,
              () -> context.launch(context.kernel("fault_races"), Grid.of(1, 32), arguments));
      String message = Objects.requireNonNull(fault.getMessage());
      assertTrue(message.contains("takes 16 bytes of arguments, not 24"), message);
    }
  }

  @Test
  void blocksOfMoreThreadsThanAKernelWasCompiledForAreRefused() {
    try (var context = new EmulatedContext(Order.UPWARDS)) {
      var arguments = new Arguments().put(0L).put(0L);
      var fault =
          assertThrows(
              CudaException.class,
              () -> context.launch(context.kernel("fault_races"), Grid.of(1, 96), arguments));
      String message = Objects.requireNonNull(fault.getMessage());
      assertTrue(message.contains("was compiled for blocks of 64 threads, not 96"), message);
    }
  }

  @Test
  void aKernelThatIsNotThereIsNamed() {
    try (var context = new EmulatedContext(Order.UPWARDS)) {
      var fault = assertThrows(CudaException.class, () -> context.kernel("no_such_kernel"));
      assertTrue(Objects.requireNonNull(fault.getMessage()).contains("no_such_kernel"));
    }
  }

  @Test
  void copiesOutsideOfAnAllocationAreRefused() {
    try (var context = new EmulatedContext(Order.UPWARDS)) {
      long memory = context.allocate(100);
      MemorySegment host = context.pinned(200);
      assertThrows(DeviceLostException.class, () -> context.upload(host, memory, 101));
      assertThrows(DeviceLostException.class, () -> context.download(memory + 1, host, 100));
      assertThrows(DeviceLostException.class, () -> context.copy(memory, memory - 1, 8));
      assertThrows(CudaException.class, () -> context.free(memory + 1));
    }
  }

  @Test
  void nothingThatWaitsIsAllowedWhileAGraphIsWrittenDown() {
    try (var context = new EmulatedContext(Order.UPWARDS)) {
      context.beginCapture();
      assertThrows(CudaException.class, context::synchronize);
      context.endCapture().close();
      context.synchronize();
    }
  }
}
