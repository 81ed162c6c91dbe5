package org.millrace.inference.grammar.machine;

import java.util.ArrayList;
import java.util.List;

/**
 * What several configurations have in common. Those of one shape may agree for a while, which
 * {@link Machine#agreementBytes} finds out; those of different shapes are not compared.
 */
public record Shape(List<Integer> parts) {

  static Shape of(List<Reading> readings, boolean withStates) {
    var parts = new ArrayList<Integer>(readings.size() * 3);
    for (Reading reading : readings) {
      if (withStates) {
        parts.add(reading.state());
      }
      parts.add(reading.next());
      parts.add(reading.frame().shape);
    }
    return new Shape(parts);
  }
}
