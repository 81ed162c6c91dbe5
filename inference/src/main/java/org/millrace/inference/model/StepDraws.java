package org.millrace.inference.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.millrace.inference.api.DeviceException;
import org.millrace.inference.api.DrawnToken;
import org.millrace.inference.api.SampledToken;
import org.millrace.inference.api.Sampler;
import org.millrace.inference.api.StepPlan;
import org.millrace.inference.api.StepResult;
import org.millrace.inference.api.TokenDraw;
import org.millrace.inference.tensor.TensorDevice.RowDraw;

/**
 * Draws a step's tokens: by the device in the samplers' stead where it does that, of all sequences
 * at once; by the samplers otherwise. One guess is looked at only where the one before it was
 * drawn.
 */
final class StepDraws {
  private final Transformer transformer;
  private final StepPlan plan;
  private final float[] logits;
  // Of each row of logits, where the device found it; -1 otherwise.
  private int[] mostLikely = new int[0];
  private final List<List<SampledToken>> drawn;
  private final Map<Integer, RuntimeException> failures = new LinkedHashMap<>();

  /**
   * @param logits room for one row of them
   */
  StepDraws(Transformer transformer, StepPlan plan, float[] logits) {
    this.transformer = transformer;
    this.plan = plan;
    this.logits = logits;
    this.drawn = new ArrayList<>(plan.slices().size());
    plan.slices().forEach(_ -> drawn.add(new ArrayList<>(1)));
  }

  StepResult result() {
    return new StepResult(drawn, failures);
  }

  /**
   * What came of a step whose device failed on the way. Samplers cannot go back: what they have
   * drawn must reach their sequences.
   *
   * @param slices of all rows of the step, the first {@code rows} of them
   * @throws DeviceException the failure, where nothing was drawn yet
   */
  StepResult failed(int[] slices, int rows, DeviceException failure) {
    if (drawn.stream().allMatch(List::isEmpty)) {
      throw failure;
    }
    for (int i = 0; i < rows; i++) {
      if (wantsMore(slices[i])) {
        failures.put(slices[i], failure);
      }
    }
    return result();
  }

  /**
   * Draws from the logits that were computed last.
   *
   * @param slices whose they are, by number, those of one slice together: row i is of {@code
   *     slices[first + i]}
   */
  void draw(int[] slices, int first, int count) {
    findMostLikely(slices, first, count);
    // In the n-th round the n-th of each slice's rows, while somebody still wants to draw.
    for (int round = 0; ; round++) {
      List<Place> places = new ArrayList<>(count);
      int inSlice = 0;
      for (int i = 0; i < count; i++) {
        int slice = slices[first + i];
        inSlice = i > 0 && slices[first + i - 1] == slice ? inSlice + 1 : 0;
        if (inSlice == round && wantsMore(slice)) {
          places.add(new Place(i, slice));
        }
      }
      if (places.isEmpty()) {
        return;
      }
      drawRound(places);
    }
  }

  /** Where nobody wants more than the most likely token, a device that draws none may find it. */
  private void findMostLikely(int[] slices, int first, int count) {
    mostLikely = new int[count];
    Arrays.fill(mostLikely, -1);
    for (int i = 0; i < count && !transformer.drawsTokens(); i++) {
      if (sampler(new Place(i, slices[first + i])).isGreedy()) {
        transformer.findMostLikely(count, mostLikely);
        return;
      }
    }
  }

  /** Whether everything drawn so far was guessed. */
  private boolean wantsMore(int place) {
    List<SampledToken> tokens = drawn.get(place);
    if (failures.containsKey(place)) {
      return false;
    }
    if (tokens.isEmpty()) {
      return true;
    }
    StepPlan.Slice slice = plan.slices().get(place);
    int guess = slice.from() + slice.count() - slice.guesses() + tokens.size() - 1;
    return tokens.size() <= slice.guesses() && tokens.getLast().token() == slice.tokens()[guess];
  }

  private void drawRound(List<Place> places) {
    List<Place> onDevice = new ArrayList<>(places.size());
    List<RowDraw> draws = new ArrayList<>(places.size());
    for (Place place : places) {
      if (transformer.drawsTokens()) {
        alone(place, () -> prepare(place, onDevice, draws));
      }
      boolean prepared = !onDevice.isEmpty() && onDevice.getLast() == place;
      if (!prepared && !failures.containsKey(place.slice)) {
        sample(place);
      }
    }
    if (draws.isEmpty()) {
      return;
    }
    List<DrawnToken> found = transformer.draw(draws);
    for (int i = 0; i < found.size(); i++) {
      Place place = onDevice.get(i);
      if (found.get(i).token() < 0) {
        sample(place);
      } else {
        take(place, found.get(i));
      }
    }
  }

  private void prepare(Place place, List<Place> onDevice, List<RowDraw> draws) {
    TokenDraw draw = sampler(place).prepare();
    if (draw != null) {
      onDevice.add(place);
      draws.add(new RowDraw(place.row, draw));
    }
  }

  private void take(Place place, DrawnToken token) {
    alone(place, () -> drawn.get(place.slice).add(sampler(place).take(token)));
  }

  private Sampler sampler(Place place) {
    return Objects.requireNonNull(plan.slices().get(place.slice).sampler());
  }

  private void sample(Place place) {
    if (mostLikely[place.row] >= 0 && sampler(place).isGreedy()) {
      take(place, new DrawnToken(mostLikely[place.row], Float.NaN, Float.NaN, 0));
      return;
    }
    transformer.readLogits(place.row, logits);
    alone(place, () -> drawn.get(place.slice).add(sampler(place).sample(logits)));
  }

  /**
   * One sequence's failure, such as logits that are no numbers or a format that unfolds deeper than
   * the stack, must not take others with it.
   */
  private void alone(Place place, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException failure) {
      failures.put(place.slice, failure);
    } catch (StackOverflowError tooDeep) {
      failures.put(
          place.slice, new IllegalStateException("the answer's format unfolds too deep", tooDeep));
    }
  }

  /** A row of logits, and the slice it is of. */
  private record Place(int row, int slice) {}
}
