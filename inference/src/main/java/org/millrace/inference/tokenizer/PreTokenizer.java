package org.millrace.inference.tokenizer;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Cuts text into the pieces that byte-pair merges never cross, by the name a GGUF file gives
 * ({@code tokenizer.ggml.pre}).
 *
 * <p>Each expression cuts the pieces the one before it left; what lies between its matches is a
 * piece too. The expressions are those of the models' own {@code tokenizer.json} files, with {@code
 * \s} as Unicode white space. Every quantified part is a plain character class, so matching needs
 * no recursion, however long the text. Immutable, thread-safe.
 *
 * @param expressions applied in order
 * @param ignoreMerges whether a piece that is a token as it stands is taken without merging
 * @param addBos whether BOS is added where the file does not say
 * @param cleanSpaces whether whole-text decoding removes spaces before punctuation
 */
record PreTokenizer(
    List<Pattern> expressions, boolean ignoreMerges, boolean addBos, boolean cleanSpaces) {

  private static final String CONTRACTIONS = "'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])";
  private static final String GPT2 =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)";
  private static final String AFTER_NUMBERS =
      "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String LLAMA3 =
      CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}" + AFTER_NUMBERS;
  private static final String QWEN2 =
      CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}" + AFTER_NUMBERS;
  private static final String QWEN35 =
      CONTRACTIONS
          + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  // In every script, as the models were trained; llama.cpp tells cases apart in ASCII only and
  // counts no marks as letters, so its pieces differ for cased scripts other than Latin.
  private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String CASED_WORD_LOW = "[^\\r\\n\\p{L}\\p{N}]?" + UPPER + "*" + LOWER + "+";
  private static final String CASED_WORD_UP = "[^\\r\\n\\p{L}\\p{N}]?" + UPPER + "+" + LOWER + "*";
  private static final String AFTER_CASED_NUMBERS =
      "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String TEKKEN =
      CASED_WORD_LOW + "|" + CASED_WORD_UP + "|\\p{N}" + AFTER_CASED_NUMBERS;
  private static final String GPT4O =
      "%1$s(?:%3$s)?|%2$s(?:%3$s)?|\\p{N}{1,3}"
              .formatted(CASED_WORD_LOW, CASED_WORD_UP, CONTRACTIONS)
          + AFTER_CASED_NUMBERS;
  private static final String BLOOM =
      " ?[^(\\s|.,!?\\u2026\\u3002\\uFF0C\\u3001\\u0964\\u06D4\\u060C)]+";
  private static final String EAST_ASIAN = "[\\u4E00-\\u9FA5\\u0800-\\u4E00\\uAC00-\\uD7FF]+";
  private static final String DEEPSEEK3 =
      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
          + "| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  /**
   * The cased letters that DeepSeek LLM's tokenizer lists one range after the other, in
   * hexadecimal.
   */
  private static final String DEEPSEEK_LETTERS =
      "\\s?[A-Za-z"
          + ranges(
              """
              00B5 00C0-00D6 00D8-00F6 00F8-01BA 01BC-01BF 01C4-0293 0295-02AF 0370-0373 0376 0377
              037B-037D 037F 0386 0388-038A 038C 038E-03A1 03A3-03F5 03F7-0481 048A-052F 0531-0556
              10A0-10C5 13A0-13F5 13F8-13FD 1C90-1CBA 1CBD-1CBF 1D00-1D2B 1D6B-1D77 1D79-1D9A
              1E00-1F15 1F18-1F1D 1F20-1F45 1F48-1F4D 1F50-1F57 1F59 1F5B 1F5D 1F5F-1F7D 1F80-1FB4
              1FB6-1FBC 1FBE 1FC2-1FC4 1FC6-1FCC 1FD0-1FD3 1FD6-1FDB 1FE0-1FEC 1FF2-1FF4 1FF6-1FFC
              2102 2107 210A-2113 2115 2119-211D 2124 2126 2128 212A-212D 212F-2134 2139 213C-213F
              2145-2149 214E 2183 2184 2C00-2C7B 2C7E-2CE4 2CEB-2CEE 2CF2 2CF3 A640-A66D A680-A69B
              A722-A76F A771-A787 A78B-A78E AB70-ABBF FB00-FB06 FB13-FB17 FF21-FF3A FF41-FF5A
              10400-1044F 104B0-104D3 104D8-104FB 10C80-10CB2 10CC0-10CF2 118A0-118DF 1E900-1E943
              """)
          + "]+";

  private static final Map<String, PreTokenizer> BY_NAME = new TreeMap<>();

  static {
    var llama3 = new Traits(true, true, true);
    var spaced = new Traits(false, false, true);
    var plain = new Traits(false, false, false);
    define(
        "llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano",
        llama3,
        LLAMA3);
    define("dbrx smaug-bpe glm4 chatglm-bpe", spaced, LLAMA3);
    define(
        "qwen2 deepseek-r1-qwen hunyuan kormo openpangu f2llmv2 solar-open grok-2", plain, QWEN2);
    define("laguna", plain, "\\n+", QWEN2);
    define("ufakzeka", plain, QWEN2.substring(CONTRACTIONS.length() + 1));
    define("minicpm5", new Traits(true, false, true), "\\p{N}{1,3}", LLAMA3);
    define("qwen35", plain, QWEN35);
    define("stablelm2 megrez", spaced, QWEN2);
    define(
        "gpt-2 phi-2 mpt olmo jais exaone4 gigachat jina-es jina-de jina-v2-es jina-v2-de a.x-4.0 mellum",
        spaced,
        GPT2);
    define("trillion granite-docling", plain, GPT2);
    define("starcoder refact codeshell exaone minerva-7b mellum2", spaced, "\\p{N}", GPT2);
    define("command-r cohere2_moe smollm", plain, "\\p{N}", GPT2);
    define("falcon", spaced, "[\\p{P}$+<=>^~|`]+", GPT2, "[0-9][0-9][0-9]");
    define("default", spaced, "[\\p{P}$+<=>^~|]+", GPT2, "\\p{N}+", "[0-9][0-9][0-9]");
    define(
        "deepseek-llm",
        plain,
        "[\\r\\n]",
        DEEPSEEK_LETTERS,
        "\\s?[!-/:-~\\uFF01-\\uFF0F\\uFF1A-\\uFF5E\\u2018-\\u201F\\u3000-\\u3002]+",
        // White space at the end; only where a run of it begins, or a long one takes for ever.
        "(?<!\\s)\\s++\\z",
        EAST_ASIAN,
        "\\p{N}+");
    define("deepseek-coder", plain, "[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", EAST_ASIAN, "\\p{N}");
    define(
        "deepseek-v3 hunyuan-dense joyai-llm hy_v4",
        plain,
        "\\p{N}{1,3}",
        "[\\u4E00-\\u9FA5\\u3040-\\u30FF]+",
        DEEPSEEK3);
    define("tekken", new Traits(true, true, false), TEKKEN);
    define("gpt-4o llama4 kanana2 minimax-m2 talkie", plain, GPT4O);
    define("bloom gpt3-finnish", spaced, BLOOM);
    define("poro-chat", plain, BLOOM);
    define("viking", plain, BLOOM, "\\p{N}");
    define(
        "seed-coder",
        plain,
        CONTRACTIONS
            + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+");
    define(
        "bailingmoe bailingmoe2 llada-moe",
        plain,
        "'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
            + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+");
  }

  private record Traits(boolean ignoreMerges, boolean addBos, boolean cleanSpaces) {}

  private static void define(String names, Traits traits, String... expressions) {
    var patterns =
        List.of(expressions).stream()
            .map(text -> Pattern.compile(text, Pattern.UNICODE_CHARACTER_CLASS))
            .toList();
    var tokenizer =
        new PreTokenizer(patterns, traits.ignoreMerges, traits.addBos, traits.cleanSpaces);
    for (String name : names.split(" ", -1)) {
      BY_NAME.put(name, tokenizer);
    }
  }

  /** {@code "00B5 00C0-00D6"} as the inside of a character class. */
  private static String ranges(String hexadecimal) {
    return hexadecimal.strip().replaceAll("([0-9A-F]+)", "\\\\x{$1}").replaceAll("\\s", "");
  }

  /** The one a file names, or null. */
  static @Nullable PreTokenizer named(String name) {
    return BY_NAME.get(name);
  }

  /** Every name that {@link #named} knows, for messages. */
  static String names() {
    return String.join(", ", BY_NAME.keySet());
  }

  /** Where the pieces of {@code text} begin, and at last its length. */
  IntList cut(String text) {
    var cuts = new IntList(2);
    cuts.add(0);
    cuts.add(text.length());
    for (Pattern expression : expressions) {
      cuts = cut(expression.matcher(text), cuts);
    }
    return cuts;
  }

  private static IntList cut(Matcher matcher, IntList pieces) {
    var cuts = new IntList(pieces.size() * 2);
    cuts.add(0);
    for (int i = 0; i + 1 < pieces.size(); i++) {
      int from = pieces.get(i);
      int end = pieces.get(i + 1);
      matcher.region(from, end);
      while (matcher.find()) {
        from = cutAt(cuts, from, matcher.start());
        from = cutAt(cuts, from, matcher.end());
      }
      cutAt(cuts, from, end);
    }
    return cuts;
  }

  private static int cutAt(IntList cuts, int last, int at) {
    if (at > last) {
      cuts.add(at);
      return at;
    }
    return last;
  }
}
