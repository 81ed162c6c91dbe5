package org.millrace.inference.tokenizer;

/**
 * Removes the spaces that some tokenizers leave before punctuation and contractions, in three
 * passes over the text as llama.cpp does for the models that ask for it ({@code
 * clean_up_tokenization_spaces}).
 */
final class SpaceCleanup {
  private SpaceCleanup() {}

  static String clean(String text) {
    return beforeContractions(aroundApostrophes(beforePunctuation(text)));
  }

  private static String beforePunctuation(String text) {
    var out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (i > 0 && text.charAt(i - 1) == ' ' && "?!.,".indexOf(c) >= 0) {
        dropLast(out);
      }
      out.append(c);
    }
    return out.toString();
  }

  private static String aroundApostrophes(String text) {
    var out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      out.append(c);
      boolean alone =
          c == '\''
              && i > 0
              && i + 1 < text.length()
              && text.charAt(i - 1) == ' '
              && text.charAt(i + 1) == ' ';
      if (alone) {
        out.setLength(out.length() - 1);
        dropLast(out);
        out.append(c);
        i++;
        // The removed space no longer counts as one before the next character.
        if (i + 1 < text.length()) {
          out.append(text.charAt(++i));
        }
      }
    }
    return out.toString();
  }

  private static String beforeContractions(String text) {
    var out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      if (i > 0 && text.charAt(i - 1) == ' ' && contraction(text, i)) {
        dropLast(out);
      }
      out.append(text.charAt(i));
    }
    return out.toString();
  }

  private static boolean contraction(String text, int at) {
    return text.startsWith("'s", at)
        || text.startsWith("'m", at)
        || text.startsWith("'re", at)
        || text.startsWith("'ve", at);
  }

  private static void dropLast(StringBuilder out) {
    if (!out.isEmpty()) {
      out.setLength(out.length() - 1);
    }
  }
}
