package org.millrace.launcher.engine;

import org.millrace.launcher.console.LaunchException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Token ids given as {@code 1,2,3}; spaces and the brackets of a JSON array are fine too. */
@SuppressWarnings("ArrayRecordComponent")
record TokenIds(int[] ids) {
  static final TokenIds NONE = new TokenIds(new int[0]);

  /** Reads them from an argument. */
  static final class Converter implements ITypeConverter<TokenIds> {
    @Override
    public TokenIds convert(String text) {
      String list = text.replaceAll("[\\[\\]\\s]", " ").strip();
      if (list.isEmpty()) {
        return NONE;
      }
      String[] parts = list.split("\\s*,\\s*|\\s+", -1);
      int[] ids = new int[parts.length];
      for (int i = 0; i < parts.length; i++) {
        ids[i] = number(parts[i]);
      }
      return new TokenIds(ids);
    }

    private static int number(String text) {
      try {
        return Integer.parseInt(text);
      } catch (NumberFormatException noNumber) {
        throw new TypeConversionException(
            "\"%s\" is no token id; give ids with commas between, like 1,2,3".formatted(text));
      }
    }
  }

  int count() {
    return ids.length;
  }

  /** Refuses ids that the vocabulary does not have. */
  void check(int vocabularySize) {
    for (int id : ids) {
      if (id < 0 || id >= vocabularySize) {
        throw new LaunchException(
            "token %d is not in the vocabulary, which has ids 0 to %d"
                .formatted(id, vocabularySize - 1));
      }
    }
  }
}
