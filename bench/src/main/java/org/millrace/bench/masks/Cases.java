package org.millrace.bench.masks;

import java.util.LinkedHashMap;
import java.util.Map;
import org.millrace.inference.api.OutputFormat;

/** Formats to measure, from what is common to what is hard. */
final class Cases {
  private Cases() {}

  /**
   * @param round makes the formats differ from those of other rounds, so that none is found
   *     compiled already
   */
  static Map<String, OutputFormat> of(int round) {
    Map<String, OutputFormat> cases = new LinkedHashMap<>();
    cases.put(
        "person",
        schema(
            round,
            """
            "type":"object","required":["name","age","email","tags"],"additionalProperties":false,
            "properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":0,"maximum":150},
              "email":{"type":"string","format":"email"},"tags":{"type":"array","items":{"type":"string"},"maxItems":5}}
            """));
    cases.put(
        "bounded strings",
        schema(
            round,
            """
            "type":"object","required":["title","body","code"],
            "properties":{"title":{"type":"string","minLength":1,"maxLength":80},"body":{"type":"string","maxLength":2000},
              "code":{"type":"string","pattern":"^[A-Z]{3}-[0-9]{4}$"},"when":{"type":"string","format":"date-time"}}
            """));
    cases.put(
        "recursive tree",
        schema(
            round,
            """
            "$defs":{"node":{"type":"object","required":["name","children"],
              "properties":{"name":{"type":"string"},"children":{"type":"array","items":{"$ref":"#/$defs/node"}}}}},
            "$ref":"#/$defs/node"
            """));
    cases.put(
        "any of three tools",
        schema(
            round,
            """
            "anyOf":[
              {"type":"object","required":["tool","city"],"properties":{"tool":{"const":"weather"},"city":{"type":"string"},"days":{"type":"integer"}}},
              {"type":"object","required":["tool","query"],"properties":{"tool":{"const":"search"},"query":{"type":"string"},"limit":{"type":"integer","maximum":100}}},
              {"type":"object","required":["tool","x"],"properties":{"tool":{"const":"calculate"},"x":{"type":"array","items":{"type":"number"}}}}]
            """));
    cases.put("any JSON object", schema(round, "\"type\":\"object\""));
    putStrings(round, cases);
    putTexts(round, cases);
    return cases;
  }

  /** Strings of classes that are not "any text", under a count. */
  private static void putStrings(int round, Map<String, OutputFormat> cases) {
    cases.put("letters", new OutputFormat.Regex("[a-z]{1,%d}".formatted(500 + round)));
    cases.put(
        "e-mail addresses",
        schema(
            round,
            "\"type\":\"array\",\"minItems\":4,\"items\":{\"type\":\"string\",\"format\":\"email\"}"));
    cases.put(
        "short names",
        schema(
            round,
            "\"type\":\"array\",\"minItems\":6,\"items\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9 _-]{1,40}$\"}"));
  }

  private static void putTexts(int round, Map<String, OutputFormat> cases) {
    cases.put("words", new OutputFormat.Regex("[a-z]+( [a-z]+){0,%d}\\.".formatted(500 + round)));
    cases.put(
        "arithmetic",
        new OutputFormat.Rules(
            """
            # %d
            root ::= sum "=" [0-9]+
            sum ::= term ([-+] term)*
            term ::= factor ([*/] factor)*
            factor ::= [0-9]{1,6} | "(" sum ")"
            """
                .formatted(round)));
  }

  private static OutputFormat schema(int round, String members) {
    return new OutputFormat.JsonSchema("{\"$comment\":\"%d\",%s}".formatted(round, members));
  }
}
