package org.millrace.demomodel.corpus;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MadeUpNamesTest {

  @Test
  void namesAreWordsWithACapitalAndHardlyEverTheSame() {
    var random = new SplittableRandom(1);
    Set<String> names =
        Stream.generate(() -> MadeUpNames.next(random)).limit(5000).collect(Collectors.toSet());
    assertTrue(names.size() > 4000, "only " + names.size() + " different names");
    for (String name : names) {
      assertTrue(name.matches("[A-Z][a-z]{1,19}"), name);
    }
  }
}
