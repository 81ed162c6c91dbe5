package org.millrace.launcher.engine;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.millrace.inference.api.ModelFiles;
import org.millrace.inference.api.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code millrace detokenize}. */
@Command(
    name = "detokenize",
    description = "Turn token ids back into text; nothing is printed but the text.",
    mixinStandardHelpOptions = true)
public final class DetokenizeCommand implements Callable<Integer> {
  @Option(names = "--model", required = true, paramLabel = "F", description = "A GGUF file")
  private Path model = Path.of("");

  @Option(
      names = "--tokens",
      required = true,
      paramLabel = "1,2,3",
      converter = TokenIds.Converter.class,
      description = "Ids with commas between")
  private TokenIds tokens = TokenIds.NONE;

  @Option(
      names = "--skip-special",
      description =
          "Leave special tokens out instead of writing them as the vocabulary spells them")
  private boolean skipSpecial;

  @Option(names = "--json", description = "Print the text as a JSON string")
  private boolean json;

  @Override
  public Integer call() {
    Tokenizer tokenizer = ModelFiles.tokenizer(model);
    tokens.check(tokenizer.vocabularySize());
    String text = tokenizer.decode(tokens.ids(), !skipSpecial);
    if (json) {
      Output.json(text);
    } else {
      Output.text(text);
    }
    return 0;
  }
}
