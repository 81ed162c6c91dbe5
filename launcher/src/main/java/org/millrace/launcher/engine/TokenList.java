package org.millrace.launcher.engine;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code 1,2,3}; spaces and the brackets of a JSON array are fine too. */
final class TokenList implements ITypeConverter<int[]> {
  @Override
  public int[] convert(String text) {
    String list = text.replaceAll("[\\[\\]\\s]", " ").strip();
    if (list.isEmpty()) {
      return new int[0];
    }
    String[] parts = list.split("\\s*,\\s*|\\s+", -1);
    int[] tokens = new int[parts.length];
    for (int i = 0; i < parts.length; i++) {
      try {
        tokens[i] = Integer.parseInt(parts[i]);
      } catch (NumberFormatException noNumber) {
        throw new TypeConversionException(
            "\"%s\" is no token id; give ids with commas between, like 1,2,3".formatted(parts[i]));
      }
    }
    return tokens;
  }

  /** Refuses ids that the vocabulary does not have. */
  static void check(int[] tokens, int vocabularySize) {
    for (int token : tokens) {
      if (token < 0 || token >= vocabularySize) {
        throw new org.millrace.launcher.console.LaunchException(
            "token %d is not in the vocabulary, which has ids 0 to %d"
                .formatted(token, vocabularySize - 1));
      }
    }
  }
}
