package org.millrace.inference.template;

import java.time.InstantSource;
import java.time.ZoneId;
import java.util.Optional;
import java.util.OptionalInt;
import org.millrace.inference.api.ChatEncoder;
import org.millrace.inference.api.ModelLoadException;
import org.millrace.inference.api.Tokenizer;
import org.millrace.inference.gguf.GgufFile;
import org.millrace.inference.template.jinja.JinjaException;
import org.millrace.inference.tokenizer.ModelTokenizer;

/** Makes a chat encoder of a file's {@code tokenizer.chat_template}. */
public final class ChatTemplates {
  private static final String KEY = "tokenizer.chat_template";

  /** For files without a template. */
  private static final String PLAIN =
      """
      {%- for message in messages %}{{ message['role'] + ': ' + (message['content'] or '') + '\\n' }}{% endfor -%}
      {%- if add_generation_prompt %}{{ 'assistant:' }}{% endif -%}
      """;

  private ChatTemplates() {}

  /**
   * @throws ModelLoadException when the template is no Jinja; the message says where it fails
   */
  public static ChatEncoder of(GgufFile file, Tokenizer tokenizer) {
    return of(file.path().toString(), source(file), tokenizer, InstantSource.system());
  }

  /** The template's source, if the file brings one. */
  public static Optional<String> source(GgufFile file) {
    return file.optionalString(KEY).filter(text -> !text.isBlank());
  }

  static ChatEncoder of(
      String file, Optional<String> source, Tokenizer tokenizer, InstantSource clock) {
    if (!(tokenizer instanceof ModelTokenizer model)) {
      throw new IllegalArgumentException(
          "a prompt is encoded by a model's own tokenizer, not by " + tokenizer);
    }
    String bos = text(tokenizer, tokenizer.bos());
    String eos = text(tokenizer, tokenizer.eos());
    try {
      var template =
          new ChatTemplate(source.orElse(PLAIN), bos, eos, clock, ZoneId.systemDefault());
      return new TemplateEncoder(template, source.isPresent(), model);
    } catch (JinjaException broken) {
      throw new ModelLoadException(
          file + ": " + KEY + " cannot be read: " + broken.getMessage(), broken);
    }
  }

  private static String text(Tokenizer tokenizer, OptionalInt token) {
    return token.isPresent() ? tokenizer.piece(token.getAsInt()) : "";
  }
}
