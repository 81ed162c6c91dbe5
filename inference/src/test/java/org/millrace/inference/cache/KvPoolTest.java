package org.millrace.inference.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.millrace.inference.api.BlockTable;

class KvPoolTest {
  private static final KvLayout LAYOUT = new KvLayout(2, 3, 8, Float.BYTES);

  @Test
  void aReservationTakesAllTheBlocksItNeedsOrNone() {
    try (var pool = new KvPool(LAYOUT, 100)) {
      assertEquals(4, pool.totalBlocks());
      var first = new BlockTable();
      assertTrue(pool.reserve(first, 65));
      assertEquals(3, first.size());
      var second = new BlockTable();
      assertFalse(pool.reserve(second, 33));
      assertEquals(0, second.size());
      assertEquals(1, pool.freeBlocks());
      assertTrue(pool.reserve(second, 32));
      assertFalse(pool.reserve(first, 97));
      assertEquals(3, first.size());
      assertTrue(pool.reserve(first, 96), "covers 96 already");
    }
  }

  @Test
  void releasingGivesEverythingBackAndEmptiesTheTable() {
    try (var pool = new KvPool(LAYOUT, 64)) {
      var table = new BlockTable();
      assertTrue(pool.reserve(table, 64));
      pool.release(table);
      pool.release(table);
      assertEquals(0, table.size());
      assertEquals(2, pool.freeBlocks());
    }
  }

  @Test
  void aBlockReleasedByTwoTablesIsABugThatShows() {
    try (var pool = new KvPool(LAYOUT, 64)) {
      var table = new BlockTable();
      assertTrue(pool.reserve(table, 32));
      var copy = new BlockTable();
      copy.append(table.block(0));
      pool.release(table);
      assertThrows(IllegalStateException.class, () -> pool.release(copy));
      assertEquals(2, pool.freeBlocks());
    }
  }

  @Test
  void noBlockIsEverHeldTwiceAndNoneIsLost() {
    var random = new SplittableRandom(5);
    try (var pool = new KvPool(LAYOUT, 50 * KvLayout.BLOCK_TOKENS)) {
      List<BlockTable> tables = new ArrayList<>();
      for (int step = 0; step < 5_000; step++) {
        if (random.nextInt(3) > 0) {
          var table =
              random.nextBoolean() || tables.isEmpty() ? new BlockTable() : tables.getLast();
          if (!tables.contains(table)) {
            tables.add(table);
          }
          pool.reserve(table, random.nextInt(10 * KvLayout.BLOCK_TOKENS));
        } else if (!tables.isEmpty()) {
          pool.release(tables.remove(random.nextInt(tables.size())));
        }
        var held = new HashSet<Integer>();
        for (BlockTable table : tables) {
          for (int i = 0; i < table.size(); i++) {
            assertTrue(held.add(table.block(i)), "block held twice");
          }
        }
        assertEquals(pool.totalBlocks() - held.size(), pool.freeBlocks());
      }
    }
  }

  @Test
  void blocksDoNotOverlap() {
    try (var pool = new KvPool(LAYOUT, 20_000)) {
      var table = new BlockTable();
      assertTrue(pool.reserve(table, 20_000));
      List<Long> addresses = new ArrayList<>();
      for (int i = 0; i < table.size(); i++) {
        addresses.add(pool.address(table.block(i)));
      }
      addresses.sort(null);
      for (int i = 1; i < addresses.size(); i++) {
        assertTrue(addresses.get(i) - addresses.get(i - 1) >= LAYOUT.blockBytes());
      }
    }
  }

  @Test
  void closingTwiceIsFineAndLeavesNothingToReserve() {
    var pool = new KvPool(LAYOUT, 64);
    pool.close();
    pool.close();
    assertFalse(pool.reserve(new BlockTable(), 1));
  }

  @Test
  void theLayoutCountsBytesOfAllLayers() {
    // 2 layers x 3 heads x (key + value) x 8 elements x 4 bytes
    assertEquals(384, LAYOUT.bytesPerToken());
  }
}
