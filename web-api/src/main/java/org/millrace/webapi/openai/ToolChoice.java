package org.millrace.webapi.openai;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.millrace.webapi.json.Fields;
import org.millrace.webapi.json.Value;

/**
 * {@code tool_choice}, understood.
 *
 * @param names of the functions that may be called
 */
record ToolChoice(Kind kind, List<String> names) {
  /** What the model is to do. */
  enum Kind {
    /** Not call. */
    NONE,
    /** Call if it likes. */
    MAY,
    /** Call one of them at least. */
    MUST,
    /** Call this one. */
    THIS
  }

  /**
   * @param functions those that are offered
   */
  static ToolChoice read(Value choice, Collection<String> functions) {
    var all = List.copyOf(functions);
    if (choice.isNull()) {
      return new ToolChoice(Kind.MAY, all);
    }
    if (all.isEmpty() && !"none".equals(choice.content())) {
      throw choice.invalid("it is only allowed when 'tools' are given.");
    }
    return choice.isObject()
        ? ofObject(choice.fields(), all)
        : ofWord(
            choice,
            choice.isText() ? choice.text() : choice.wrongType("a string or an object"),
            all);
  }

  private static ToolChoice ofWord(Value value, String word, List<String> names) {
    return switch (word) {
      case "none" -> new ToolChoice(Kind.NONE, List.of());
      case "auto" -> new ToolChoice(Kind.MAY, names);
      case "required" -> new ToolChoice(Kind.MUST, names);
      default ->
          throw value.invalid(
              "'%s' is not a choice; supported are 'none', 'auto', 'required' and a function by its name."
                  .formatted(Messages.shortened(word)));
    };
  }

  private static ToolChoice ofObject(Fields choice, List<String> names) {
    var type = choice.required("type");
    return switch (type.text()) {
      case "function" -> new ToolChoice(Kind.THIS, List.of(function(choice, names)));
      case "allowed_tools" -> allowed(choice.required("allowed_tools").fields(), names);
      default ->
          throw type.invalid(
              "'%s' is not a type of choice; supported are 'function' and 'allowed_tools'."
                  .formatted(Messages.shortened(type.text())));
    };
  }

  private static ToolChoice allowed(Fields allowed, List<String> names) {
    var mode = allowed.required("mode");
    var picked = new ArrayList<String>();
    for (Value tool : allowed.required("tools").elements()) {
      var name = function(tool.fields(), names);
      if (!picked.contains(name)) {
        picked.add(name);
      }
    }
    if (picked.isEmpty()) {
      throw allowed.value("tools").invalid("expected at least one tool, but got none.");
    }
    if (!mode.text().equals("auto") && !mode.text().equals("required")) {
      throw mode.invalid(
          "'%s' is not a mode; supported are 'auto' and 'required'."
              .formatted(Messages.shortened(mode.text())));
    }
    return ofWord(mode, mode.text(), List.copyOf(picked));
  }

  private static String function(Fields tool, List<String> names) {
    var name = tool.required("function").fields().required("name");
    if (!names.contains(name.text())) {
      throw name.invalid(
          "'%s' is not among the 'tools' that were given."
              .formatted(Messages.shortened(name.text())));
    }
    return name.text();
  }
}
