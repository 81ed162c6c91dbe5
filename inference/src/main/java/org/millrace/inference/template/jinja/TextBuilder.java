package org.millrace.inference.template.jinja;

import java.util.BitSet;

/**
 * Joins texts and keeps who wrote each character. Refuses to grow over {@link
 * Budget#TEXT_CHARS_MAX}.
 */
final class TextBuilder {
  private final StringBuilder value = new StringBuilder();
  private final BitSet user = new BitSet();

  TextBuilder append(Text text) {
    room(text.units());
    int at = value.length();
    text.markUser(user, at);
    value.append(text.value());
    return this;
  }

  TextBuilder append(String text) {
    room(text.length());
    value.append(text);
    return this;
  }

  TextBuilder append(String text, boolean byUser) {
    room(text.length());
    if (byUser) {
      user.set(value.length(), value.length() + text.length());
    }
    value.append(text);
    return this;
  }

  private void room(int more) {
    if (value.length() + (long) more > Budget.TEXT_CHARS_MAX) {
      throw JinjaException.tooMuch(
          "the template makes a text of more than %d characters".formatted(Budget.TEXT_CHARS_MAX));
    }
  }

  int units() {
    return value.length();
  }

  Text toText() {
    return Text.of(value.toString(), (BitSet) user.clone(), false);
  }
}
