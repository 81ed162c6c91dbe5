package org.millrace.bench.load;

import java.util.List;

/**
 * What every client does.
 *
 * @param clients how many ask at the same time
 * @param requests how many requests they make together
 * @param promptWords words of a prompt
 * @param genTokens tokens to ask for
 * @param words to make prompts of
 */
record Load(int clients, int requests, int promptWords, int genTokens, List<String> words) {}
