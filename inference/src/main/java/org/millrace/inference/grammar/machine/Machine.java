package org.millrace.inference.grammar.machine;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.grammar.automaton.Dfa;
import org.millrace.inference.grammar.bounds.Budget;
import org.millrace.inference.grammar.bounds.GrammarException;
import org.millrace.inference.grammar.expression.Grammar;

/**
 * Runs a grammar over bytes. Each set of readings is made a {@link Configuration} the first time it
 * is met, so that a step seen before is a look-up. What is remembered is bounded: over the limit
 * all of it is forgotten and made anew.
 *
 * <p>Thread-safety: its methods, and those of its configurations, are called under {@link #lock}.
 */
public final class Machine {
  /** Frames of a stack: more than 100 levels of nested JSON. */
  public static final int DEPTH_MAX = 256;

  private static final int CONFIGURATIONS_MAX = 8_192;
  private static final int FRAMES_MAX = 65_536;

  /** Of all configurations together: an ambiguous text has thousands in each. */
  private static final int READINGS_MAX = 262_144;

  // What objects take, about, with their places in maps.
  private static final int CONFIGURATION_BYTES = 512;
  private static final int READING_BYTES = 32;
  private static final int FRAME_BYTES = 160;

  private final Program program;
  private final Stacks stacks = new Stacks();
  private final byte[] byteClasses;
  private final int classCount;
  private final TextRuns textRuns;
  private final Closure closure;
  private final Map<Content, Configuration> configurations = new HashMap<>();
  private final Agreement agreement;
  private final Object lock = new Object();
  private int timesForgotten;
  private int readingsKept;
  private long work;
  // By state of the lexicon; 0 where it was not asked for.
  private final long[] kindsAfter;
  private @Nullable Configuration first;

  private record Content(List<Reading> readings, boolean complete) {}

  private Machine(Program program) {
    this.program = program;
    this.byteClasses = program.lexicon().byteClasses();
    this.classCount = (byteClasses[255] & 0xFF) + 1;
    this.textRuns = new TextRuns(program);
    this.closure = new Closure(program, stacks);
    this.agreement = new Agreement(program);
    this.kindsAfter = new long[program.lexicon().size()];
  }

  /**
   * @throws GrammarException when the grammar is too large, left-recursive, or matches no text
   */
  public static Machine of(Grammar grammar, Budget budget) {
    return new Machine(ProgramBuilder.build(grammar, budget));
  }

  /** Held by whoever uses the machine. */
  public Object lock() {
    return lock;
  }

  /** Before any byte. */
  public Configuration start() {
    if (first == null) {
      closure.clear();
      closure.visit(program.start(), stacks.bottom());
      first = configuration();
    }
    return first;
  }

  /** After one more byte, or {@link Configuration#DEAD}. */
  public Configuration step(Configuration from, int value) {
    int byteClass = byteClasses[value] & 0xFF;
    Configuration known = from.successors[byteClass];
    if (known != null) {
      return known;
    }
    closure.clear();
    work += 1 + from.readings.size();
    for (Reading reading : from.readings) {
      int state = program.lexicon().next(reading.state(), value);
      if (state != Dfa.DEAD) {
        closure.add(new Reading(state, reading.next(), reading.frame()));
      }
    }
    work += closure.visits();
    Configuration next = configuration();
    from.successors[byteClass] = next;
    return next;
  }

  private Configuration configuration() {
    List<Reading> readings = closure.readings();
    if (readings.isEmpty() && !closure.isComplete()) {
      return Configuration.DEAD;
    }
    var content = new Content(readings, closure.isComplete());
    Configuration known = configurations.get(content);
    if (known != null) {
      return known;
    }
    if (configurations.size() >= CONFIGURATIONS_MAX
        || stacks.size() >= FRAMES_MAX
        || readingsKept + readings.size() > READINGS_MAX) {
      forget();
    }
    readingsKept += readings.size();
    var made = new Configuration(readings, closure.isComplete(), classCount);
    configurations.put(content, made);
    return made;
  }

  /** Forgets all but what is in use; it is made anew as it is needed. */
  public void forget() {
    configurations.clear();
    stacks.forget();
    first = null;
    readingsKept = 0;
    timesForgotten++;
  }

  /** Grows whenever something is forgotten; shapes from before then mean nothing. */
  public int timesForgotten() {
    return timesForgotten;
  }

  /**
   * For how many bytes two configurations cannot be told apart: of every text that long, or
   * shorter, both can go on with it or neither.
   *
   * @param enough more than this need not be found out
   */
  public int agreementBytes(Configuration one, Configuration other, int enough) {
    // Where readings are left out, which ones depends on more than the two configurations.
    return closure.hasOverflowed() ? 0 : agreement.bytes(one, other, enough);
  }

  /** The class of each byte, for {@link Configuration#successors}. Not to be written to. */
  public byte[] byteClasses() {
    return byteClasses;
  }

  /**
   * The kinds of bytes that may come next, each of which is a bit; errs towards more.
   *
   * @param kinds of each byte, the same for all calls
   */
  public long kindsAfter(Configuration at, long[] kinds) {
    long all = 0;
    for (Reading reading : at.readings) {
      long own = kindsAfter[reading.state()];
      if (own == 0) {
        own = program.lexicon().kindsAfter(reading.state(), kinds);
        kindsAfter[reading.state()] = own;
      }
      all |= own;
    }
    return all;
  }

  /** Readings and nodes that were looked at so far: what all steps together cost. */
  public long work() {
    return work;
  }

  /** How many plain characters, whichever they are, may follow at least. */
  public int anyTextLeast(Configuration configuration) {
    return textRuns.least(configuration);
  }

  /** How many plain characters, of those that may, can follow at most. */
  public int anyTextMost(Configuration configuration) {
    return textRuns.most(configuration);
  }

  /** Bytes that the program takes, about. */
  public long programBytes() {
    return program.byteSize();
  }

  /** Bytes that what is remembered takes, about. */
  public long rememberedBytes() {
    return configurations.size() * (CONFIGURATION_BYTES + (long) Integer.BYTES * classCount)
        + (long) readingsKept * READING_BYTES
        + (long) stacks.size() * FRAME_BYTES;
  }

  /** Configurations remembered now, for tests of the bound. */
  int remembered() {
    return configurations.size();
  }
}
