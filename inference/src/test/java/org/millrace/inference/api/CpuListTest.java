package org.millrace.inference.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CpuListTest {
  @Test
  void numbersAndRangesAreTakenInTheirOrder() {
    assertEquals(List.of(8, 0, 1, 2, 5), CpuList.parse("8, 0-2,5-5").cpus());
  }

  @Test
  void nothingLeavesThePlaceToTheSystem() {
    assertEquals(CpuList.NONE, CpuList.parse(" "));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1-", "-1", "a", "1,,2", "3-1", "0-2,1", "1024", "0x1", "1 2"})
  void whatIsNoListIsRefusedWithAnExample(String text) {
    var refusal = assertThrows(IllegalArgumentException.class, () -> CpuList.parse(text));
    String message = String.valueOf(refusal.getMessage());
    assertTrue(message.startsWith("'" + text + "' is no list of processors"), message);
  }
}
