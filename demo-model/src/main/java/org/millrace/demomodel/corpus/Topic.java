package org.millrace.demomodel.corpus;

import java.util.List;
import java.util.random.RandomGenerator;

/** A source of exchanges about one thing. Equal generators give equal exchanges. */
interface Topic {

  /** The name of the topic, as in the phrase files. */
  String name();

  /** How often this topic is chosen, relative to the others. */
  int weight();

  /** The next exchanges; more than one where later ones need the earlier ones. */
  List<Exchange> next(RandomGenerator random);
}
