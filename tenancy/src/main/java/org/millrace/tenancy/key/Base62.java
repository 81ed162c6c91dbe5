package org.millrace.tenancy.key;

import java.util.random.RandomGenerator;

/** The alphabet of keys: what survives a double click, a URL and a shell unquoted. */
final class Base62 {
  private static final String DIGITS =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

  private Base62() {}

  static String random(RandomGenerator random, int length) {
    StringBuilder text = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      text.append(DIGITS.charAt(random.nextInt(DIGITS.length())));
    }
    return text.toString();
  }

  /** The number, most significant digit first, padded with zeros. */
  static String encode(long number, int length) {
    char[] text = new char[length];
    long rest = number;
    for (int i = length - 1; i >= 0; i--) {
      text[i] = DIGITS.charAt((int) (rest % DIGITS.length()));
      rest /= DIGITS.length();
    }
    if (rest != 0) {
      throw new IllegalArgumentException(number + " does not fit into " + length + " digits");
    }
    return new String(text);
  }

  static boolean isAll(String text) {
    return text.chars().allMatch(c -> DIGITS.indexOf(c) >= 0);
  }
}
