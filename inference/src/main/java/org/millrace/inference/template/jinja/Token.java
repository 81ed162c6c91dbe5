package org.millrace.inference.template.jinja;

/**
 * A piece of template source.
 *
 * @param text the text of data, the decoded value of a string, else the spelling
 */
record Token(Kind kind, String text, int line) {
  enum Kind {
    DATA,
    VARIABLE_BEGIN,
    VARIABLE_END,
    BLOCK_BEGIN,
    BLOCK_END,
    NAME,
    STRING,
    INTEGER,
    FLOAT,
    OPERATOR,
    END
  }

  boolean is(Kind wanted, String wantedText) {
    return kind == wanted && text.equals(wantedText);
  }

  boolean isOperator(String wanted) {
    return is(Kind.OPERATOR, wanted);
  }

  boolean isName(String wanted) {
    return is(Kind.NAME, wanted);
  }
}
