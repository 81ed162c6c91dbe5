package org.millrace.launcher.engine;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.millrace.inference.api.ModelFiles;
import org.millrace.inference.api.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code millrace tokenize}. */
@Command(
    name = "tokenize",
    description =
        "Turn a text into token ids, as a model's file defines them; a vocabulary-only file is enough.",
    mixinStandardHelpOptions = true)
public final class TokenizeCommand implements Callable<Integer> {
  @Option(names = "--model", required = true, paramLabel = "F", description = "A GGUF file")
  private Path model = Path.of("");

  @Option(
      names = "--text-file",
      required = true,
      paramLabel = "T",
      description = "The text in UTF-8, taken to the last character; - for stdin")
  private Path textFile = Path.of("");

  @Option(
      names = "--special",
      description =
          "Add BOS and EOS as the file says, and let special tokens in the text be tokens")
  private boolean special;

  @Option(names = "--json", description = "Print a JSON array of ids instead of a line per token")
  private boolean json;

  @Override
  public Integer call() {
    String text = TextFile.read(textFile);
    int[] ids;
    Tokenizer tokenizer;
    try (var patience = Patience.with("tokenizing " + textFile)) {
      tokenizer = ModelFiles.tokenizer(model);
      ids = tokenizer.encode(text, special, special);
    }
    if (json) {
      Output.json(ids);
      return 0;
    }
    var lines = new StringBuilder();
    for (int id : ids) {
      lines.append(id).append('\t').append(tokenizer.piece(id).replace("\n", "\\n")).append('\n');
    }
    Output.text(lines.toString());
    return 0;
  }
}
