package org.millrace.demomodel.corpus;

/**
 * A question and its answer.
 *
 * @param question what the user says
 * @param answer what the assistant answers
 * @param exact whether the spelling of the question matters to the answer, so that it must not be
 *     varied
 */
record Exchange(String question, String answer, boolean exact) {}
