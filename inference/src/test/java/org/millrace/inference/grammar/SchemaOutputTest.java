package org.millrace.inference.grammar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.inference.api.OutputFormat;

/** Whatever is drawn under a schema, it parses, and another project's validator finds it valid. */
class SchemaOutputTest {
  private static final int SEEDS = 12;
  private static final int TOKENS_MAX = 400;
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},\"age\":{\"type\":\"integer\"}},\"required\":[\"name\",\"age\"],\"additionalProperties\":false}",
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"},\"b\":{\"type\":\"number\"},\"c\":{\"type\":\"boolean\"}},\"required\":[\"b\"]}",
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"null\"},\"b\":{\"type\":\"number\"}},\"additionalProperties\":{\"type\":\"integer\"}}",
        "{\"type\":\"object\",\"properties\":{\"ab\":{\"type\":\"null\"},\"abc\":{\"type\":\"number\"}},\"required\":[\"abc\",\"z\"],\"additionalProperties\":true}",
        "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\",\"maxLength\":8},\"minProperties\":1,\"maxProperties\":3}",
        "{\"type\":\"array\",\"items\":{\"type\":\"integer\",\"minimum\":-37,\"maximum\":1234},\"minItems\":2,\"maxItems\":5}",
        "{\"type\":\"array\",\"prefixItems\":[{\"type\":\"string\"},{\"type\":\"integer\"}],\"items\":false,\"minItems\":1}",
        "{\"type\":\"array\",\"prefixItems\":[{\"const\":1},{\"const\":2},{\"const\":3}],\"items\":{\"type\":\"boolean\"},\"minItems\":2,\"maxItems\":6}",
        "{\"type\":\"string\",\"minLength\":3,\"maxLength\":9}",
        "{\"type\":\"string\",\"maxLength\":200}",
        "{\"type\":\"string\",\"pattern\":\"^[A-Z]{2}-[0-9]{4}$\"}",
        "{\"type\":\"string\",\"pattern\":\"b+\",\"minLength\":4,\"maxLength\":7}",
        "{\"type\":\"string\",\"pattern\":\"^a|z$\",\"maxLength\":5}",
        "{\"type\":\"string\",\"pattern\":\"^\\\"quoted\\\\\\\\\\\"[\\\\s\\\\S]{2}$\"}",
        "{\"type\":\"string\",\"format\":\"date\"}",
        "{\"type\":\"string\",\"format\":\"time\"}",
        "{\"type\":\"string\",\"format\":\"date-time\"}",
        "{\"type\":\"string\",\"format\":\"duration\"}",
        "{\"type\":\"string\",\"format\":\"uuid\"}",
        "{\"type\":\"string\",\"format\":\"ipv4\"}",
        "{\"type\":\"string\",\"format\":\"ipv6\"}",
        "{\"type\":\"string\",\"format\":\"hostname\"}",
        "{\"type\":\"string\",\"format\":\"uri\"}",
        "{\"type\":\"number\",\"minimum\":-1.5,\"exclusiveMaximum\":2.25}",
        "{\"type\":\"number\",\"exclusiveMinimum\":0,\"maximum\":1}",
        "{\"type\":\"number\",\"minimum\":10.05}",
        "{\"type\":\"number\",\"maximum\":-99.9}",
        "{\"type\":\"number\",\"multipleOf\":0.01,\"minimum\":0,\"maximum\":100}",
        "{\"type\":\"integer\",\"exclusiveMinimum\":7,\"exclusiveMaximum\":9}",
        "{\"type\":\"integer\",\"multipleOf\":7,\"minimum\":-100,\"maximum\":1000}",
        "{\"type\":\"integer\",\"minimum\":2.5,\"maximum\":12.5}",
        "{\"type\":[\"string\",\"null\",\"integer\"],\"maxLength\":4}",
        "{\"enum\":[\"red\",\"green\",1,null,true,{\"a\":[1,2.50]},\"\\u00e4\\n\\\"\"]}",
        "{\"type\":\"string\",\"enum\":[\"a\",1,\"b\"]}",
        "{\"const\":{\"x\":[]}}",
        "{\"anyOf\":[{\"type\":\"integer\"},{\"type\":\"array\",\"items\":{\"$ref\":\"#\"},\"maxItems\":3}]}",
        "{\"oneOf\":[{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"a\"},\"n\":{\"type\":\"integer\"}},\"required\":[\"kind\"]},{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"b\"}},\"required\":[\"kind\"]}]}",
        "{\"allOf\":[{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}},\"required\":[\"a\"]},{\"properties\":{\"a\":{\"minimum\":5},\"b\":{\"type\":\"string\"}},\"required\":[\"b\"]}]}",
        "{\"$defs\":{\"node\":{\"type\":\"object\",\"properties\":{\"value\":{\"type\":\"integer\"},\"next\":{\"anyOf\":[{\"$ref\":\"#/$defs/node\"},{\"type\":\"null\"}]}},\"required\":[\"value\",\"next\"],\"additionalProperties\":false}},\"$ref\":\"#/$defs/node\"}",
        "{\"$defs\":{\"p\":{\"type\":\"integer\",\"minimum\":1}},\"type\":\"object\",\"properties\":{\"x\":{\"$ref\":\"#/$defs/p\",\"maximum\":3,\"description\":\"d\"}},\"required\":[\"x\"]}",
        "{\"type\":\"object\",\"properties\":{\"a/b\":{\"type\":\"integer\"},\"t~\\\"q\":{\"$ref\":\"#/properties/a~1b\"}},\"required\":[\"t~\\\"q\"]}",
        "{\"properties\":{\"x\":true,\"y\":false}}",
        "{}",
        "true",
      })
  void whatIsDrawnIsValid(String schema) throws JsonProcessingException {
    var outputs = Outputs.llama3();
    int complete = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      var output = outputs.random(new OutputFormat.JsonSchema(schema), seed, TOKENS_MAX);
      if (output.complete()) {
        complete++;
        assertValid(schema, output.text());
      }
    }
    assertTrue(complete > SEEDS / 3, "only " + complete + " came to an end");
  }

  @Test
  void anyObjectIsOneObject() throws JsonProcessingException {
    var outputs = Outputs.llama3();
    int complete = 0;
    for (int seed = 0; seed < 3 * SEEDS; seed++) {
      var output = outputs.random(new OutputFormat.JsonObject(), seed, TOKENS_MAX);
      if (output.complete()) {
        complete++;
        assertTrue(MAPPER.readTree(output.text()).isObject(), output.text());
      }
    }
    assertTrue(complete > SEEDS, "only " + complete + " came to an end");
  }

  static void assertValid(String schema, String text) throws JsonProcessingException {
    JsonSchema validator =
        JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
            .getSchema(MAPPER.readTree(schema));
    var faults =
        validator.validate(
            MAPPER.readTree(text),
            context -> context.getExecutionConfig().setFormatAssertionsEnabled(true));
    assertEquals(Set.of(), faults, () -> text + " under " + schema);
  }
}
