package org.millrace.inference.template.jinja;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * A string that knows which of its characters a user wrote. Immutable; two texts are equal when
 * their characters are, whoever wrote them.
 *
 * <p>Indexes are UTF-16 units as in Java; Python's, by code point, are turned into them by {@link
 * #offset}.
 */
public final class Text implements Comparable<Text> {
  static final Text EMPTY = new Text("", null, false);
  private final String value;
  private final @Nullable BitSet user;
  private final boolean safe;

  private Text(String value, @Nullable BitSet user, boolean safe) {
    this.value = value;
    this.user = user == null || user.isEmpty() ? null : user;
    this.safe = safe;
  }

  /** A text that the template, or the house, wrote. */
  static Text of(String value) {
    return new Text(value, null, false);
  }

  /** A text that a user wrote. */
  static Text ofUser(String value) {
    var all = new BitSet(value.length());
    all.set(0, value.length());
    return new Text(value, all, false);
  }

  static Text of(String value, BitSet user, boolean safe) {
    return new Text(value, user, safe);
  }

  /** The characters. */
  public String value() {
    return value;
  }

  /** The indexes of the characters that a user wrote, as a copy. */
  public BitSet userCharacters() {
    return user == null ? new BitSet() : (BitSet) user.clone();
  }

  /** Sets the bits of the user's characters, shifted by {@code at}. */
  void markUser(BitSet target, int at) {
    if (user == null) {
      return;
    }
    for (int from = user.nextSetBit(0); from >= 0; ) {
      int to = user.nextClearBit(from);
      target.set(at + from, at + to);
      from = user.nextSetBit(to);
    }
  }

  boolean isUser(int index) {
    return user != null && user.get(index);
  }

  /**
   * Whether it is marked as safe HTML: joined with other text, that text is escaped (markupsafe's
   * {@code Markup}).
   */
  boolean safe() {
    return safe;
  }

  Text asSafe(boolean nowSafe) {
    return nowSafe == safe ? this : new Text(value, user, nowSafe);
  }

  boolean isEmpty() {
    return value.isEmpty();
  }

  int units() {
    return value.length();
  }

  Text slice(int from, int to) {
    if (from == 0 && to == value.length()) {
      return this;
    }
    return new Text(value.substring(from, to), user == null ? null : user.get(from, to), safe);
  }

  /**
   * The same text with other characters, e.g. in upper case. Where the length changed, all of it
   * counts as the user's if any was.
   */
  Text withCharacters(String characters) {
    if (user == null || characters.length() == value.length()) {
      return new Text(characters, user, safe);
    }
    return ofUser(characters).asSafe(safe);
  }

  /** Number of characters as Python counts them. */
  int length() {
    return value.codePointCount(0, value.length());
  }

  /**
   * The UTF-16 index of Python's index {@code codePoint}, which must be between 0 and {@link
   * #length}.
   */
  int offset(int codePoint) {
    return value.offsetByCodePoints(0, codePoint);
  }

  Text escaped() {
    if (safe) {
      return this;
    }
    var out = new TextBuilder();
    for (int i = 0; i < value.length(); i++) {
      String entity =
          switch (value.charAt(i)) {
            case '&' -> "&amp;";
            case '<' -> "&lt;";
            case '>' -> "&gt;";
            case '\'' -> "&#39;";
            case '"' -> "&#34;";
            default -> String.valueOf(value.charAt(i));
          };
      out.append(entity, isUser(i));
    }
    return out.toText().asSafe(true);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Text text && text.value.equals(value);
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }

  @Override
  public int compareTo(Text other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
