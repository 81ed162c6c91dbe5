package org.millrace.inference.template.jinja;

/** Python's {@code None}. */
enum None {
  NONE
}
