package org.millrace.inference.api;

import java.util.List;
import java.util.Map;

/**
 * What a chat template sees. Messages and tools are plain JSON trees ({@code Map}, {@code List},
 * {@code String}, {@code Number}, {@code Boolean}), so that templates find every field that a
 * client sent.
 *
 * @param messages each with at least {@code role}; {@code content} is a string or absent
 * @param tools function definitions as OpenAI's API has them; empty for none
 * @param addGenerationPrompt whether to open the assistant's turn
 */
public record Conversation(
    List<Map<String, Object>> messages,
    List<Map<String, Object>> tools,
    boolean addGenerationPrompt) {}
