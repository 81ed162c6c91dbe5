package org.millrace.webapi.tool;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Reads the text that {@link CallSchema#calls} allows: objects of a name and arguments, in this
 * order, perhaps in an array. The text may end anywhere.
 */
final class ForcedCalls implements CallReader {
  private static final Pattern NAME = Pattern.compile("\"name\"\\s*:\\s*\"([^\"]*)\"");

  private enum Place {
    BETWEEN,
    HEAD,
    ARGUMENTS,
    TAIL
  }

  private Place place = Place.BETWEEN;
  private int call = -1;
  // From the brace that opens a call to the one that opens its arguments.
  private final StringBuilder head = new StringBuilder();
  private int depth;
  private boolean inString;
  private boolean escaped;

  @Override
  public List<AnswerPart> add(String text) {
    var parts = new ArrayList<AnswerPart>();
    var arguments = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char next = text.charAt(i);
      switch (place) {
        case BETWEEN -> place = next == '{' ? Place.HEAD : Place.BETWEEN;
        case HEAD -> readHead(next, parts, arguments);
        case ARGUMENTS -> {
          arguments.append(next);
          if (endsArguments(next)) {
            give(arguments, parts);
            place = Place.TAIL;
          }
        }
        case TAIL -> place = next == '}' ? Place.BETWEEN : Place.TAIL;
      }
    }
    give(arguments, parts);
    return parts;
  }

  private void readHead(char next, List<AnswerPart> parts, StringBuilder arguments) {
    if (next != '{') {
      head.append(next);
      return;
    }
    var name = NAME.matcher(head);
    parts.add(new AnswerPart.Start(++call, name.find() ? name.group(1) : ""));
    head.setLength(0);
    arguments.append(next);
    depth = 1;
    place = Place.ARGUMENTS;
  }

  private boolean endsArguments(char next) {
    if (inString) {
      inString = escaped || next != '"';
      escaped = !escaped && next == '\\';
      return false;
    }
    switch (next) {
      case '"' -> inString = true;
      case '{', '[' -> depth++;
      case '}', ']' -> depth--;
      default -> {}
    }
    return depth == 0;
  }

  private void give(StringBuilder arguments, List<AnswerPart> parts) {
    if (!arguments.isEmpty()) {
      parts.add(new AnswerPart.Arguments(call, arguments.toString()));
      arguments.setLength(0);
    }
  }

  @Override
  public List<AnswerPart> end() {
    return List.of();
  }
}
