package org.millrace.inference.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.millrace.inference.api.BlockTable;

class SharedBlocksTest {
  private static final UUID ANNA = new UUID(1, 1);
  private static final UUID BEN = new UUID(1, 2);
  private static final int BLOCK = 4;

  private final List<String> copies = new ArrayList<>();
  private final BlockMemory memory =
      new BlockMemory() {
        @Override
        public void prepare(int block) {}

        @Override
        public void copy(int from, int to) {
          copies.add(from + ">" + to);
        }
      };

  private SharedBlocks blocks(int total, int ownerMax) {
    return new SharedBlocks(BLOCK, total, ownerMax, memory);
  }

  private static int[] tokens(int count) {
    return IntStream.range(0, count).toArray();
  }

  private static BlockTable computed(SharedBlocks blocks, @Nullable UUID owner, int[] tokens) {
    var table = new BlockTable();
    assertTrue(blocks.reserve(table, tokens.length));
    blocks.publish(table, owner, tokens, tokens.length);
    return table;
  }

  private static int found(SharedBlocks blocks, @Nullable UUID owner, int[] tokens) {
    var table = new BlockTable();
    int covered = blocks.adopt(table, owner, tokens, tokens.length);
    blocks.release(table);
    return covered;
  }

  @Test
  void whatOneSequenceComputedTheNextOneOfItsOwnerTakesOver() {
    var blocks = blocks(10, 10);
    BlockTable first = computed(blocks, ANNA, tokens(11));
    assertEquals(2, blocks.cachedBlocks());
    var second = new BlockTable();
    assertEquals(8, blocks.adopt(second, ANNA, tokens(11), 11));
    assertEquals(first.block(1), second.block(1));
    assertEquals(2, blocks.holders(second.block(1)));
    assertEquals(7, blocks.freeBlocks());
    blocks.release(first);
    blocks.release(second);
    assertEquals(10, blocks.freeBlocks());
    assertEquals(2, blocks.cachedBlocks(ANNA));
    assertEquals(8, found(blocks, ANNA, tokens(9)));
  }

  @Test
  void noOwnerEverFindsAnothersBlocks() {
    var blocks = blocks(10, 10);
    blocks.release(computed(blocks, ANNA, tokens(8)));
    assertEquals(0, found(blocks, BEN, tokens(8)));
    blocks.release(computed(blocks, BEN, tokens(8)));
    assertEquals(4, blocks.cachedBlocks());
    assertEquals(8, found(blocks, BEN, tokens(8)));
  }

  @Test
  void withoutAnOwnerNothingIsKeptAndNothingIsFound() {
    var blocks = blocks(10, 10);
    blocks.release(computed(blocks, null, tokens(8)));
    assertEquals(0, blocks.cachedBlocks());
    blocks.release(computed(blocks, ANNA, tokens(8)));
    assertEquals(0, found(blocks, null, tokens(8)));
  }

  @Test
  void aBlockIsFoundOnlyAfterTheBlocksItWasComputedAfter() {
    var blocks = blocks(10, 10);
    blocks.release(computed(blocks, ANNA, new int[] {1, 2, 3, 4, 5, 6, 7, 8}));
    assertEquals(0, found(blocks, ANNA, new int[] {5, 6, 7, 8}));
    assertEquals(4, found(blocks, ANNA, new int[] {1, 2, 3, 4, 5, 6, 7, 9}));
    assertEquals(0, found(blocks, ANNA, new int[] {1, 2, 3, 5, 5, 6, 7, 8}));
  }

  @Test
  void equalKeysOfDifferentTokensDoNotMeet() {
    var same = new ChainKey(1, 2, 3, 4);
    ChainKey.Maker weak =
        new ChainKey.Maker() {
          @Override
          public ChainKey root(UUID owner) {
            return same;
          }

          @Override
          public ChainKey next(ChainKey parent, int[] tokens, int from, int count) {
            return same;
          }
        };
    var blocks = new SharedBlocks(BLOCK, 10, 10, memory, weak);
    blocks.release(computed(blocks, ANNA, new int[] {1, 2, 3, 4}));
    assertEquals(0, found(blocks, ANNA, new int[] {9, 9, 9, 9}));
    blocks.release(computed(blocks, ANNA, new int[] {9, 9, 9, 9}));
    assertEquals(1, blocks.cachedBlocks());
    assertEquals(4, found(blocks, ANNA, new int[] {1, 2, 3, 4}));
    assertEquals(10, blocks.freeBlocks());
  }

  @Test
  void keysDependOnTheOwnerAndOnTheServersSecret() {
    var maker = new ChainKey.Sha256(new byte[32]);
    byte[] other = new byte[32];
    other[0] = 1;
    assertEquals(maker.root(ANNA), new ChainKey.Sha256(new byte[32]).root(ANNA));
    assertNotEquals(maker.root(ANNA), maker.root(BEN));
    assertNotEquals(maker.root(ANNA), new ChainKey.Sha256(other).root(ANNA));
    assertNotEquals(
        maker.next(maker.root(ANNA), tokens(4), 0, 4),
        maker.next(maker.root(BEN), tokens(4), 0, 4));
  }

  @Test
  void whoHasToWriteInASharedBlockGetsACopyOfItsOwn() {
    var blocks = blocks(10, 10);
    BlockTable first = computed(blocks, ANNA, tokens(8));
    var second = new BlockTable();
    assertEquals(8, blocks.adopt(second, ANNA, tokens(8), 8));
    assertTrue(blocks.reserve(second, 7, 9));
    assertEquals(first.block(0), second.block(0));
    assertNotEquals(first.block(1), second.block(1));
    assertEquals(List.of(first.block(1) + ">" + second.block(1)), copies);
    assertEquals(3, second.size());
    assertEquals(1, second.shareable());
    assertTrue(blocks.isWritable(second.block(1)));
    assertFalse(blocks.isWritable(second.block(0)));
    assertEquals(1, blocks.holders(first.block(1)));
    // Written again with the same tokens, it is the cached one's twin.
    blocks.publish(second, ANNA, tokens(8), 8);
    assertEquals(first.block(1), second.block(1));
    blocks.release(first);
    blocks.release(second);
    assertEquals(10, blocks.freeBlocks());
  }

  @Test
  void twoThatComputeTheSameAtOneTimeEndUpOnOneBlock() {
    var blocks = blocks(10, 10);
    var first = new BlockTable();
    var second = new BlockTable();
    assertTrue(blocks.reserve(first, 8));
    assertTrue(blocks.reserve(second, 8));
    blocks.publish(first, ANNA, tokens(8), 8);
    blocks.publish(second, ANNA, tokens(8), 8);
    assertEquals(first.block(0), second.block(0));
    assertEquals(first.block(1), second.block(1));
    assertEquals(2, blocks.cachedBlocks());
    assertEquals(8, blocks.freeBlocks());
  }

  @Test
  void theLongestUnusedGoesFirstAndNeverABlockBeforeThoseBehindIt() {
    var blocks = blocks(4, 4);
    blocks.release(computed(blocks, ANNA, tokens(12)));
    blocks.release(computed(blocks, ANNA, new int[] {9, 9, 9, 9}));
    assertEquals(4, blocks.cachedBlocks());
    assertEquals(12, found(blocks, ANNA, tokens(12)));
    var table = new BlockTable();
    assertTrue(blocks.reserve(table, 4));
    assertEquals(0, found(blocks, ANNA, new int[] {9, 9, 9, 9}), "used before the others");
    assertEquals(12, found(blocks, ANNA, tokens(12)));
    assertTrue(blocks.reserve(table, 8));
    assertEquals(8, found(blocks, ANNA, tokens(12)));
    assertTrue(blocks.reserve(table, 12));
    assertEquals(4, found(blocks, ANNA, tokens(12)));
    assertEquals(3, blocks.evictions());
  }

  @Test
  void whatRunsIsNeverGivenUp() {
    var blocks = blocks(3, 3);
    BlockTable running = computed(blocks, ANNA, tokens(8));
    var other = new BlockTable();
    assertFalse(blocks.reserve(other, 8));
    assertTrue(blocks.reserve(other, 4));
    assertEquals(8, found(blocks, ANNA, tokens(8)));
    assertEquals(1, blocks.holders(running.block(0)));
  }

  @Test
  void anOwnerKeepsNoMoreThanItsShareAndMakesRoomFromItsOwn() {
    var blocks = blocks(10, 3);
    blocks.release(computed(blocks, BEN, tokens(4)));
    blocks.release(computed(blocks, ANNA, tokens(8)));
    BlockTable table = computed(blocks, ANNA, new int[] {9, 9, 9, 9, 8, 8, 8, 8});
    assertEquals(3, blocks.cachedBlocks(ANNA));
    assertEquals(1, blocks.cachedBlocks(BEN));
    assertEquals(4, found(blocks, ANNA, tokens(8)));
    // All it keeps is run on: what comes now stays its table's own.
    BlockTable rest = computed(blocks, ANNA, tokens(8));
    BlockTable more = computed(blocks, ANNA, new int[] {7, 7, 7, 7});
    assertEquals(0, more.shareable());
    assertEquals(3, blocks.cachedBlocks(ANNA));
    for (BlockTable each : List.of(table, rest, more)) {
      blocks.release(each);
    }
    assertEquals(10, blocks.freeBlocks());
  }

  @Test
  void aTableThatHasBlocksAdoptsNone() {
    var blocks = blocks(3, 3);
    BlockTable table = computed(blocks, ANNA, tokens(4));
    assertThrows(IllegalArgumentException.class, () -> blocks.adopt(table, ANNA, tokens(4), 4));
  }

  /** What each block holds is kept beside, so that a wrong hit or a written shared block shows. */
  @Test
  void throughRandomLivesCountsStayExactAndNobodyReadsWhatIsNotTheirs() {
    for (int seed = 0; seed < 40; seed++) {
      new RandomLives(seed).run(800);
    }
  }

  private static final class RandomLives implements BlockMemory {
    private static final int TOTAL = 24;
    private static final UUID[] OWNERS = {ANNA, BEN, new UUID(1, 3)};

    private final SplittableRandom random;
    private final SharedBlocks blocks = new SharedBlocks(BLOCK, TOTAL, 9, this);
    private final String[] content = new String[TOTAL * BLOCK];
    private final List<Life> lives = new ArrayList<>();

    RandomLives(long seed) {
      random = new SplittableRandom(seed);
    }

    private static final class Life {
      private final BlockTable table = new BlockTable();
      private final UUID owner;
      private final int[] tokens;
      private int computed;

      Life(UUID owner, int[] tokens) {
        this.owner = owner;
        this.tokens = tokens;
      }
    }

    @Override
    public void prepare(int block) {}

    @Override
    public void copy(int from, int to) {
      System.arraycopy(content, from * BLOCK, content, to * BLOCK, BLOCK);
    }

    void run(int actions) {
      for (int i = 0; i < actions; i++) {
        if (lives.isEmpty() || random.nextInt(4) == 0) {
          begin();
        } else if (random.nextInt(5) == 0) {
          blocks.release(lives.remove(random.nextInt(lives.size())).table);
        } else {
          compute(lives.get(random.nextInt(lives.size())));
        }
        check();
      }
      lives.forEach(life -> blocks.release(life.table));
      assertEquals(TOTAL, blocks.freeBlocks());
    }

    private void begin() {
      // Few different tokens, so that beginnings are often shared.
      int[] tokens = random.ints(1 + random.nextInt(30), 0, 2).toArray();
      for (int i = 0; i < tokens.length; i++) {
        tokens[i] = i % BLOCK == 0 ? tokens[i] : 0;
      }
      var life = new Life(OWNERS[random.nextInt(OWNERS.length)], tokens);
      int found = blocks.adopt(life.table, life.owner, tokens, tokens.length);
      life.computed = Math.min(found, tokens.length - 1);
      read(life);
      lives.add(life);
    }

    private void compute(Life life) {
      int to = Math.min(life.tokens.length, life.computed + 1 + random.nextInt(6));
      if (!blocks.reserve(life.table, life.computed, to)) {
        return;
      }
      for (int p = life.computed; p < to; p++) {
        assertTrue(blocks.isWritable(life.table.block(p / BLOCK)));
        content[life.table.block(p / BLOCK) * BLOCK + p % BLOCK] = text(life, p);
      }
      life.computed = to;
      blocks.publish(life.table, life.owner, life.tokens, to);
      read(life);
    }

    private static String text(Life life, int position) {
      return life.owner + Arrays.toString(Arrays.copyOf(life.tokens, position + 1));
    }

    private void read(Life life) {
      for (int p = 0; p < life.computed; p++) {
        assertEquals(text(life, p), content[life.table.block(p / BLOCK) * BLOCK + p % BLOCK]);
      }
    }

    private void check() {
      int[] held = new int[TOTAL];
      for (Life life : lives) {
        read(life);
        for (int i = 0; i < life.table.size(); i++) {
          held[life.table.block(i)]++;
        }
      }
      int free = 0;
      int cached = 0;
      for (int block = 0; block < TOTAL; block++) {
        assertEquals(held[block], blocks.holders(block), "holders of block " + block);
        free += held[block] == 0 ? 1 : 0;
        cached += blocks.cachedFor(block) == null ? 0 : 1;
      }
      assertEquals(free, blocks.freeBlocks());
      assertEquals(cached, blocks.cachedBlocks());
      for (UUID owner : OWNERS) {
        assertTrue(blocks.cachedBlocks(owner) <= blocks.cachedBlocksMax());
      }
      for (Life life : lives) {
        for (int i = 0; i < life.table.size(); i++) {
          UUID owner = blocks.cachedFor(life.table.block(i));
          if (i < life.table.shareable()) {
            assertEquals(life.owner, owner);
          } else {
            assertNull(owner);
          }
        }
      }
    }
  }
}
