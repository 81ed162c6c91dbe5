package org.millrace.inference.grammar;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import org.junit.jupiter.api.Test;
import org.millrace.inference.api.OutputFormat;

/** Schemas made at random, and what is drawn under them at random. */
class RandomSchemaTest {
  private static final int SCHEMAS = 150;

  @Test
  void whateverTheSchemaWhatIsDrawnIsValid() throws JsonProcessingException {
    int complete = 0;
    for (long seed = 0; seed < SCHEMAS; seed++) {
      String schema = new RandomSchemas(seed).schema();
      var output = Outputs.llama3().random(new OutputFormat.JsonSchema(schema), seed, 300);
      if (output.complete()) {
        complete++;
        SchemaOutputTest.assertValid(schema, output.text());
      }
    }
    assertTrue(complete > SCHEMAS / 2, "only " + complete + " came to an end");
  }
}
