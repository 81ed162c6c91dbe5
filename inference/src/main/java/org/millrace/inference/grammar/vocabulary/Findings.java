package org.millrace.inference.grammar.vocabulary;

import org.jspecify.annotations.Nullable;
import org.millrace.inference.grammar.machine.Configuration;
import org.millrace.inference.grammar.machine.Machine;

/** What was found out about a configuration, kept with it. Used under the machine's lock. */
final class Findings {
  private @Nullable TokenMask mask;
  private @Nullable ByteRun run;

  static Findings of(Configuration at) {
    if (at.note() instanceof Findings known) {
      return known;
    }
    var made = new Findings();
    at.setNote(made);
    return made;
  }

  @Nullable TokenMask mask() {
    return mask;
  }

  void setMask(TokenMask found) {
    mask = found;
  }

  /** The run that begins at the configuration that these belong to. */
  ByteRun run(Configuration at, Machine machine) {
    ByteRun known = run;
    if (known == null) {
      known = ByteRun.at(at, machine);
      run = known;
    }
    return known;
  }
}
