package org.millrace.inference.grammar;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.inference.api.OutputFormat;
import org.millrace.inference.api.Tokenizer;
import org.millrace.inference.grammar.bounds.Budget;
import org.millrace.inference.grammar.machine.Configuration;
import org.millrace.inference.grammar.machine.Machine;
import org.millrace.inference.grammar.syntax.GbnfParser;

/** A mask has exactly the tokens that, taken one by one and byte by byte, lead somewhere. */
class MaskTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "root ::= \"\\\"\" [^\"\\\\]* \"\\\"\"",
        "root ::= \"\\\"\" [^\"\\\\\\n]{0,17} \"\\\"\"",
        "root ::= \"\\\"\" [^\"\\\\\\n]{0,900} \"\\\"\"",
        "root ::= ([^\"\\\\]{3,700} | [a-z]+) [0-9]*",
        "root ::= [a-z]{1,30} (\" \" [a-z]{2,300})*",
        "root ::= item (\",\" item)*  item ::= \"[\" root \"]\" | [A-Za-z ]{1,12}",
        "root ::= (\"a\" | \"aa\" | . )* \"end\"",
        "root ::= [\\u00e4\\u4e00-\\u9fff]+ | \"\\U0001F600\"*",
        "root ::= ((\"a\"? \"b\"?){0,500} \"c\"){2,3}",
        "root ::= [a-z]{1,24} \"@\" [a-z0-9]{2,20} [.!]?",
        "root ::= ([A-Za-z0-9] [A-Za-z0-9-]{0,30} [A-Za-z0-9] \".\"){1,3} [a-z]+",
        "root ::= [0-9a-f]{3,500} \"h\"",
        "root ::= ([a-z]{1,9} [ ,]){2,40}",
      })
  void aMaskIsWhatATokenByTokenLookFinds(String rules) {
    Tokenizer tokenizer = Vocabularies.llama3();
    var state = Outputs.llama3().compile(new OutputFormat.Rules(rules)).start();
    Machine machine = Machine.of(GbnfParser.parse(rules), new Budget());
    var random = new Random(7);
    Configuration at = machine.start();
    for (int step = 0; step < 12; step++) {
      float[] logits = new float[tokenizer.vocabularySize()];
      state.mask(logits);
      int drawn = -1;
      int seen = 0;
      for (int token = 0; token < logits.length; token++) {
        boolean allowed = leads(machine, at, tokenizer, token);
        assertEquals(allowed, logits[token] == 0, tokenizer.piece(token) + " at step " + step);
        if (allowed && !tokenizer.endsGeneration(token) && random.nextInt(++seen) == 0) {
          drawn = token;
        }
      }
      if (drawn < 0) {
        return;
      }
      at = advance(machine, at, tokenizer.bytes(drawn));
      state.advance(drawn);
    }
  }

  private static boolean leads(Machine machine, Configuration at, Tokenizer tokenizer, int token) {
    if (tokenizer.endsGeneration(token)) {
      return at.isComplete();
    }
    byte[] bytes = tokenizer.bytes(token);
    return bytes.length > 0
        && !tokenizer.piece(token).startsWith("<|")
        && advance(machine, at, bytes) != Configuration.DEAD;
  }

  private static Configuration advance(Machine machine, Configuration from, byte[] bytes) {
    Configuration at = from;
    for (int i = 0; i < bytes.length && at != Configuration.DEAD; i++) {
      at = machine.step(at, bytes[i] & 0xFF);
    }
    return at;
  }
}
