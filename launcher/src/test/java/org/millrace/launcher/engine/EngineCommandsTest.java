package org.millrace.launcher.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Runs the commands as a terminal would, on a tiny synthetic model. */
class EngineCommandsTest {
  private static final String ALPHABET =
      "Zwölf Boxkämpfer jagen Viktor quer über den Sylter Deich. ";
  private static final double PEERS_PERPLEXITY = 18_791.5174;

  @TempDir private static Path folder;
  private static String model = "";

  @Command(
      subcommands = {
        GenerateCommand.class,
        TokenizeCommand.class,
        DetokenizeCommand.class,
        TemplateCommand.class,
        LogitsCommand.class,
        PerplexityCommand.class,
        BenchCommand.class,
        SynthCommand.class
      })
  private static final class All {}

  private record Result(int status, String out, String err) {}

  @BeforeAll
  static void writeAModel() {
    model = folder.resolve("tiny.gguf").toString();
    Result result = run("synth", "--shape", "tiny", "--quant", "Q8_0", "--out", model);
    assertEquals(0, result.status, result.err);
    assertEquals("", result.out);
  }

  private static Result run(String... arguments) {
    var out = new ByteArrayOutputStream();
    var err = new StringWriter();
    PrintStream stdout = System.out;
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    try {
      int status =
          new CommandLine(new All())
              .setErr(new PrintWriter(err, true))
              .setExecutionExceptionHandler((failure, line, parsed) -> {
                line.getErr().println(failure.getMessage());
                return CommandLine.ExitCode.SOFTWARE;
              })
              .execute(arguments);
      return new Result(status, out.toString(StandardCharsets.UTF_8), err.toString());
    } finally {
      System.setOut(stdout);
    }
  }

  private static Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private static JsonNode json(Result result) throws IOException {
    assertEquals(0, result.status, result.err);
    return Output.JSON.readTree(result.out);
  }

  @Test
  void whatIsGeneratedKeepsToAFormat() throws IOException {
    Path schema =
        file(
            "schema.json",
            "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"}},\"required\":[\"n\"]}");
    Path grammar = file("hex.gbnf", "root ::= \"0x\" [0-9a-f]{2} root?");
    JsonNode object = json(generated("--json-schema", schema.toString()));
    assertTrue(object.path("n").isIntegralNumber(), object.toString());
    assertTrue(generated("--regex", "[a-z]{5}").out.strip().matches("[a-z]{5}"));
    Result guessed = generated("--regex", "(ab|ba){9}", "--speculate", "4");
    assertEquals(generated("--regex", "(ab|ba){9}").out, guessed.out);
    assertTrue(List.of("yes", "no").contains(generated("--choice", "yes,no").out.strip()));
    String hex = generated("--grammar", grammar.toString()).out.strip();
    assertTrue(hex.startsWith("0x"), hex);
    assertTrue(generated("--regex", "(").err.contains("cannot be kept to"));
    assertTrue(generated("--regex", "a", "--choice", "b").err.contains("not several"));
  }

  private static Result generated(String... format) {
    var command = new ArrayList<>(List.of("generate", "--model", model, "--raw"));
    command.addAll(List.of("--prompt", "hello", "--max-tokens", "100", "--temperature", "1"));
    command.addAll(List.of(format));
    return run(command.toArray(String[]::new));
  }

  @Test
  void textGoesToIdsAndBack() throws IOException {
    String text = "Hello wörld 👍\n\n<|eot_id|> ";
    Path file = file("text.txt", text);
    Result tokens = run("tokenize", "--model", model, "--text-file", file.toString(), "--json");
    JsonNode ids = json(tokens);
    assertTrue(ids.isArray() && ids.size() > 10);
    Result back = run("detokenize", "--model", model, "--tokens", tokens.out.strip());
    assertEquals(text, back.out);
    JsonNode special =
        json(
            run(
                "tokenize",
                "--model",
                model,
                "--text-file",
                file.toString(),
                "--json",
                "--special"));
    assertTrue(special.size() < ids.size());
  }

  @Test
  void linesShowEachTokensPiece() throws IOException {
    Path file = file("short.txt", "a!");
    Result result = run("tokenize", "--model", model, "--text-file", file.toString());
    assertEquals(2, result.out.lines().count());
    assertTrue(result.out.lines().allMatch(line -> line.matches("\\d+\t.+")), result.out);
  }

  @Test
  void aTemplateIsRenderedToTheLastCharacter() throws IOException {
    Path template =
        file(
            "t.jinja",
            "{{ bos_token }}{% for m in messages %}{{ m.content }}{% endfor %}{{ extra }}{{ eos_token }}");
    Path conversation =
        file("c.json", "{\"messages\":[{\"role\":\"user\",\"content\":\"é\"}],\"extra\":[1]}");
    Result result =
        run(
            "template",
            "--file",
            template.toString(),
            "--conversation",
            conversation.toString(),
            "--bos",
            "<b>");
    assertEquals("<b>é[1]", result.out);
    Result own = run("template", "--model", model, "--conversation", conversation.toString());
    assertTrue(own.out.startsWith("<|begin_of_text|><|start_header_id|>user"), own.out);
  }

  @Test
  void aTemplatesRefusalIsAFailureInOneLine() throws IOException {
    Path template = file("r.jinja", "{{ raise_exception('not so') }}");
    Path conversation = file("e.json", "{\"messages\":[]}");
    Result result =
        run("template", "--file", template.toString(), "--conversation", conversation.toString());
    assertEquals(1, result.status);
    assertEquals("", result.out);
    assertEquals(1, result.err.lines().count(), result.err);
    assertTrue(result.err.contains("TemplateError: not so"), result.err);
  }

  @Test
  void logitsArePrintedLargestFirstAndWrittenWhole() throws IOException {
    Path out = folder.resolve("logits.f32");
    JsonNode report =
        json(
            run(
                "logits",
                "--model",
                model,
                "--tokens",
                "1,2,3",
                "--top",
                "4",
                "--out",
                out.toString(),
                "--json"));
    assertEquals(4, report.get("top").size());
    var written =
        ByteBuffer.wrap(Files.readAllBytes(out)).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    assertEquals(report.get("vocabulary_size").intValue(), written.remaining());
    float last = Float.POSITIVE_INFINITY;
    for (JsonNode one : report.get("top")) {
      float logit = written.get(one.get("token").intValue());
      assertEquals(one.get("logit").floatValue(), logit);
      assertTrue(logit <= last);
      last = logit;
    }
  }

  @Test
  void perplexityIsWhatTheLogitsOfEachPositionSay() throws IOException {
    String text = "The quick brown fox jumps over the lazy dog, again and again.";
    String[] ids =
        run(
                "tokenize",
                "--model",
                model,
                "--text-file",
                file("fox.txt", text).toString(),
                "--json",
                "--special")
            .out
            .replaceAll("[\\[\\]\\s]", "")
            .split(",", -1);
    int context = 12;
    double sum = 0;
    for (int position = context / 2; position < context - 1; position++) {
      String before = String.join(",", Arrays.copyOf(ids, position + 1));
      sum += surprise(logits(before), Integer.parseInt(ids[position + 1]));
    }
    JsonNode report = json(perplexity(context, "--chunks", "1", "--json"));
    assertEquals(Math.exp(sum / 5), report.path("perplexity").doubleValue(), 1e-3);
    assertEquals(sum / 5, report.path("mean_negative_log_likelihood").doubleValue(), 1e-6);
    assertEquals(5, report.path("scored_tokens").intValue());
    assertEquals(1, report.path("chunks").intValue());
    assertEquals(ids.length, report.path("tokens").intValue());
    assertTrue(report.path("uncertainty").doubleValue() > 0);
    Result line = perplexity(context, "--chunks", "1");
    assertTrue(
        line.out.matches("\\d+\\.\\d{4} \\+/- \\d+\\.\\d{5} over 1 windows of 12 tokens\n"),
        line.out);
  }

  private static FloatBuffer logits(String tokens) throws IOException {
    Path out = folder.resolve("position.f32");
    Result result = run("logits", "--model", model, "--tokens", tokens, "--out", out.toString());
    assertEquals(0, result.status, result.err);
    return ByteBuffer.wrap(Files.readAllBytes(out)).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
  }

  private static double surprise(FloatBuffer logits, int token) {
    double sum = 0;
    for (int i = 0; i < logits.limit(); i++) {
      sum += Math.exp(logits.get(i) - logits.get(token));
    }
    return Math.log(sum);
  }

  private static Result perplexity(int context, String... more) {
    var command = new ArrayList<>(List.of("perplexity", "--model", model));
    command.addAll(List.of("--file", folder.resolve("fox.txt").toString()));
    command.addAll(List.of("--context", String.valueOf(context)));
    command.addAll(List.of(more));
    return run(command.toArray(String[]::new));
  }

  /**
   * The peer's figure for this text: {@code llama-perplexity -m llama-small.F32.gguf -f
   * alphabet.txt -c 64 -b 64} of ik_llama.cpp 8337e4cd, whose cache keeps halves.
   */
  @Test
  void perplexityIsWithinHalfAPercentOfThePeers() throws IOException {
    Path data =
        Path.of(
                Optional.ofNullable(System.getenv("MILLRACE_CONFORMANCE"))
                    .orElse("../../shared/conformance"))
            .resolve("models/llama-small.F32.gguf");
    assumeTrue(
        Files.exists(data),
        () -> "no conformance data at " + data.toAbsolutePath() + "; set MILLRACE_CONFORMANCE");
    Path text = file("alphabet.txt", ALPHABET.repeat(12));
    JsonNode report =
        json(
            run(
                "perplexity",
                "--model",
                data.toString(),
                "--file",
                text.toString(),
                "--context",
                "64",
                "--json"));
    assertEquals(PEERS_PERPLEXITY, report.path("perplexity").doubleValue(), PEERS_PERPLEXITY / 200);
  }

  @Test
  void perplexitySaysWhatItCannotMeasure() throws IOException {
    file("fox.txt", "The quick brown fox jumps over the lazy dog, again and again.");
    assertEquals(2, perplexity(7).status);
    assertEquals(2, perplexity(12, "--chunks", "0").status);
    assertEquals(2, perplexity(2_000_000).status);
    Result tooLong = perplexity(5_000);
    assertEquals(1, tooLong.status);
    assertTrue(tooLong.err.contains("--context is 5000; the model's context is 2048"), tooLong.err);
    Result shortText = perplexity(500);
    assertTrue(shortText.err.contains("a window of --context 500 needs as many"), shortText.err);
  }

  @Test
  void theSameSeedGeneratesTheSameText() {
    List<String> command =
        List.of(
            "generate",
            "--model",
            model,
            "--prompt",
            "hello",
            "--max-tokens",
            "6",
            "--temperature",
            "1",
            "--seed",
            "9");
    Result first = run(command.toArray(String[]::new));
    assertEquals(0, first.status, first.err);
    assertEquals(first.out, run(command.toArray(String[]::new)).out);
    assertFalse(first.out.isBlank());
  }

  @Test
  void speculatingGeneratesTheSameText() {
    String[] command = {
      "generate", "--model", model, "--prompt", "hello hello hello", "--max-tokens", "40"
    };
    Result plain = run(command);
    String[] speculating = Arrays.copyOf(command, command.length + 2);
    speculating[command.length] = "--speculate";
    speculating[command.length + 1] = "4";
    Result guessed = run(speculating);
    assertEquals(0, guessed.status, guessed.err);
    assertEquals(plain.out, guessed.out);
    speculating[command.length + 1] = "65";
    assertTrue(run(speculating).err.contains("--speculate is 65; it lies between 0 and 64"));
  }

  @Test
  void benchReportsExactlyTheAgreedFields() throws IOException {
    JsonNode report =
        json(
            run(
                "bench",
                "--model",
                model,
                "--prompt-tokens",
                "8",
                "--gen-tokens",
                "4",
                "--batch",
                "2",
                "--threads",
                "1",
                "--repeat",
                "2",
                "--json"));
    var names = new TreeSet<String>();
    report.fieldNames().forEachRemaining(names::add);
    assertEquals(
        new TreeSet<>(
            Set.of(
                "prompt_tokens_per_second",
                "prompt_tokens_per_second_min",
                "prompt_tokens_per_second_max",
                "decode_tokens_per_second",
                "decode_tokens_per_second_min",
                "decode_tokens_per_second_max",
                "ttft_ms",
                "ttft_ms_min",
                "ttft_ms_max",
                "resident_bytes",
                "bytes_per_token",
                "bandwidth_gb_per_s",
                "floor_ratio",
                "device",
                "kernels")),
        names);
    assertTrue(report.get("decode_tokens_per_second").doubleValue() > 0);
    assertTrue(report.get("bandwidth_gb_per_s").doubleValue() > 0);
  }

  @Test
  void badUsageAndFailuresHaveTheirOwnStatus() throws IOException {
    Path file = file("x.txt", "x");
    assertEquals(2, run("tokenize", "--model", model).status);
    assertEquals(2, run("detokenize", "--model", model, "--tokens", "1,x").status);
    assertEquals(2, run("synth", "--shape", "gpt-9", "--quant", "Q4_0", "--out", "x").status);
    assertEquals(2, run("bench", "--model", model, "--batch", "0").status);
    assertEquals(2, run("bench", "--model", model, "--agreement", "4").status);
    Result missing = run("tokenize", "--model", "no.gguf", "--text-file", file.toString());
    assertEquals(1, missing.status);
    assertEquals("no.gguf: there is no such file", missing.err.strip());
    Result unknown = run("detokenize", "--model", model, "--tokens", "1,999999");
    assertEquals(1, unknown.status);
    assertTrue(unknown.err.contains("token 999999"), unknown.err);
    assertEquals(
        1, run("tokenize", "--model", file.toString(), "--text-file", file.toString()).status);
  }

  @Test
  void idsMayBeGivenAsAJsonArray() {
    assertArrayEquals(new int[] {1, 2, 3}, new TokenIds.Converter().convert("[1, 2,3]\n").ids());
    assertArrayEquals(new int[0], new TokenIds.Converter().convert("[]").ids());
  }
}
