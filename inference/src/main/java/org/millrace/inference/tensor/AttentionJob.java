package org.millrace.inference.tensor;

import java.util.Arrays;
import org.millrace.inference.api.BlockTable;
import org.millrace.inference.cache.KvLayout;
import org.millrace.inference.cache.KvPool;
import org.millrace.inference.gguf.GgmlType;
import org.millrace.inference.threads.Team;

/**
 * Softmax attention over cache blocks, with running maximum and sum (Milakov and Gimelshein 2018,
 * algorithm 3; Dao et al. 2022).
 *
 * <p>A chunk is one key-value head for a few neighbouring rows of one sequence, so a block is
 * fetched once for all queries that look at it. Blocks begin at fixed positions, therefore a row's
 * result is the same however its prompt was cut into steps.
 */
final class AttentionJob implements Team.Job {
  private static final int ROWS_PER_TILE = 8;
  private static final int SCORE_BYTES = KvLayout.BLOCK_TOKENS * Float.BYTES;

  private final Kernels kernels;
  private final KvPool pool;
  private final long[] scratch;
  private final AttentionTile[] wholeTiles;
  private final float[][] maxima;
  private final float[][] sums;
  private final int[] tileFirstRow;
  private final int[] tileRows;
  private int tiles;
  private long tiledFor = -1;
  private Batch batch;
  private AttentionShape shape;
  private int layer;
  private long queries;
  private long out;

  /**
   * @param scratch each member's, at least {@link #scratchBytes}
   */
  AttentionJob(
      Kernels kernels,
      KvPool pool,
      long[] scratch,
      int rowsMax,
      Batch batch,
      AttentionShape shape) {
    this.kernels = kernels;
    this.pool = pool;
    this.scratch = scratch;
    this.wholeTiles = new AttentionTile[scratch.length];
    Arrays.setAll(wholeTiles, member -> new AttentionTile());
    this.maxima = new float[scratch.length][ROWS_PER_TILE * shape.group()];
    this.sums = new float[scratch.length][ROWS_PER_TILE * shape.group()];
    this.tileFirstRow = new int[rowsMax];
    this.tileRows = new int[rowsMax];
    this.batch = batch;
    this.shape = shape;
  }

  /**
   * Scratch of a member: first what the kernels work in, then the addresses of a sequence's blocks.
   */
  static long scratchBytes(KvPool pool) {
    return kernelBytes(pool.layout().headDim()) + (long) pool.totalBlocks() * Long.BYTES;
  }

  private static long kernelBytes(int headDim) {
    return Kernels.ATTENTION_SCRATCH_BYTES + 2L * KvLayout.BLOCK_TOKENS * headDim * Float.BYTES;
  }

  void run(Team team, Buffer q, Batch rows, int ofLayer, AttentionShape ofShape, Buffer result) {
    batch = rows;
    shape = ofShape;
    layer = ofLayer;
    queries = q.address();
    out = result.address();
    cutTiles();
    team.run(tiles * shape.kvHeads(), this);
  }

  private void cutTiles() {
    if (tiledFor == batch.version()) {
      return;
    }
    tiles = 0;
    for (int slice = 0; slice < batch.slices(); slice++) {
      int end = batch.firstRow(slice + 1);
      for (int row = batch.firstRow(slice); row < end; row += ROWS_PER_TILE) {
        tileFirstRow[tiles] = row;
        tileRows[tiles++] = Math.min(ROWS_PER_TILE, end - row);
      }
    }
    tiledFor = batch.version();
  }

  @Override
  public void run(int chunk, int member) {
    int kvHead = chunk % shape.kvHeads();
    // Late rows see the most keys: first, so that the longest chunks are not the last ones.
    int tile = tiles - 1 - chunk / shape.kvHeads();
    int firstRow = tileFirstRow[tile];
    int rows = tileRows[tile];
    int firstPosition = batch.position(firstRow);
    int lastBlock = (firstPosition + rows - 1) / KvLayout.BLOCK_TOKENS;
    if (kernels.attend(wholeTile(firstRow, rows, kvHead, lastBlock, member), scratch[member])) {
      return;
    }
    begin(firstRow, rows, kvHead, member);
    for (int block = firstVisible(firstPosition) / KvLayout.BLOCK_TOKENS;
        block <= lastBlock;
        block++) {
      visit(block, firstRow, rows, kvHead, member);
    }
    finish(firstRow, rows, kvHead, member);
  }

  private AttentionTile wholeTile(int firstRow, int rows, int kvHead, int lastBlock, int member) {
    KvLayout layout = pool.layout();
    AttentionTile tile = wholeTiles[member];
    tile.shape = shape;
    tile.queries = head(queries, firstRow, 0, kvHead);
    tile.out = head(out, firstRow, 0, kvHead);
    tile.rows = rows;
    tile.firstPosition = batch.position(firstRow);
    tile.blocks = scratch[member] + kernelBytes(shape.headDim());
    tile.headBytes = layout.headBytes();
    tile.elementBytes = layout.elementBytes();
    BlockTable table = batch.table(firstRow);
    long offset = layout.offset(layer, kvHead);
    int first = firstVisible(tile.firstPosition) / KvLayout.BLOCK_TOKENS;
    for (int block = first; block <= lastBlock; block++) {
      long keys = pool.address(table.block(block)) + offset;
      Memory.setLong(tile.blocks + (long) (block - first) * Long.BYTES, keys);
    }
    return tile;
  }

  private int firstVisible(int position) {
    return shape.window() == 0 ? 0 : Math.max(0, position - shape.window() + 1);
  }

  private void begin(int firstRow, int rows, int kvHead, int member) {
    for (int i = 0; i < rows * shape.group(); i++) {
      maxima[member][i] = Float.NEGATIVE_INFINITY;
      sums[member][i] = 0;
      Memory.zeroFloats(head(out, firstRow, i, kvHead), shape.headDim());
    }
  }

  private void visit(int block, int firstRow, int rows, int kvHead, int member) {
    BlockTable table = batch.table(firstRow);
    KvLayout layout = pool.layout();
    long keys = pool.address(table.block(block)) + layout.offset(layer, kvHead);
    long values = keys + layout.headBytes();
    if (layout.elementBytes() != Float.BYTES) {
      int elements = KvLayout.BLOCK_TOKENS * shape.headDim();
      long decoded = scratch[member] + SCORE_BYTES;
      long decodedValues = decoded + (long) elements * Float.BYTES;
      if (layout.elementBytes() == Byte.BYTES) {
        kernels.decodeCache(layout, keys, decoded, decodedValues);
      } else {
        kernels.decode(GgmlType.F16, keys, decoded, elements);
        kernels.decode(GgmlType.F16, values, decodedValues, elements);
      }
      keys = decoded;
      values = decodedValues;
    }
    int blockStart = block * KvLayout.BLOCK_TOKENS;
    for (int i = 0; i < rows * shape.group(); i++) {
      int position = batch.position(firstRow + i / shape.group());
      int from = Math.max(0, firstVisible(position) - blockStart);
      int to = Math.min(KvLayout.BLOCK_TOKENS, position + 1 - blockStart);
      if (from < to) {
        long query = head(queries, firstRow, i, kvHead);
        float correction = score(query, keys, from, to, i, member);
        long sum = head(out, firstRow, i, kvHead);
        kernels.weigh(scratch[member], from, to, values, shape.headDim(), correction, sum);
      }
    }
  }

  /** Leaves the block's weights in the scratch; returns what earlier blocks are to be scaled by. */
  private float score(long query, long keys, int from, int to, int index, int member) {
    long scores = scratch[member];
    kernels.scores(query, keys, shape.headDim(), shape.scale(), scores);
    if (shape.softCap() > 0) {
      kernels.softCap(scores, shape.softCap(), KvLayout.BLOCK_TOKENS);
    }
    hide(scores, 0, from);
    hide(scores, to, KvLayout.BLOCK_TOKENS);
    float before = maxima[member][index];
    float largest = Math.max(before, kernels.largest(scores));
    float correction = (float) Math.exp(before - largest);
    sums[member][index] = sums[member][index] * correction + kernels.exponentials(scores, largest);
    maxima[member][index] = largest;
    return correction;
  }

  private static void hide(long scores, int from, int to) {
    for (int i = from; i < to; i++) {
      Memory.setFloat(scores + 4L * i, Float.NEGATIVE_INFINITY);
    }
  }

  private void finish(int firstRow, int rows, int kvHead, int member) {
    for (int i = 0; i < rows * shape.group(); i++) {
      long sum = head(out, firstRow, i, kvHead);
      kernels.scale(sum, 1 / sums[member][i], shape.headDim());
    }
  }

  /** The address of query head {@code index} of a tile, counted over rows and then the group. */
  private long head(long base, int firstRow, int index, int kvHead) {
    int group = shape.group();
    long row = firstRow + index / group;
    long head = (long) kvHead * group + index % group;
    return base + (row * shape.heads() + head) * shape.headDim() * Float.BYTES;
  }
}
