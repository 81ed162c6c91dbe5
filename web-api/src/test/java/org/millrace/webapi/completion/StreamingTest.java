package org.millrace.webapi.completion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.millrace.webapi.ScriptedStream.SILENCE;
import static org.millrace.webapi.ScriptedStream.delta;
import static org.millrace.webapi.ScriptedStream.usage;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.millrace.serving.api.CompletionEvent;
import org.millrace.serving.api.CompletionEvent.ChoiceFinished;
import org.millrace.serving.api.CompletionEvent.Completed;
import org.millrace.serving.api.CompletionEvent.Delta;
import org.millrace.serving.api.CompletionEvent.Failed;
import org.millrace.serving.api.CompletionEvent.FinishReason;
import org.millrace.serving.api.CompletionEvent.TokenScore;
import org.millrace.serving.api.ServingError;
import org.millrace.webapi.House;
import org.millrace.webapi.ScriptedStream;
import org.millrace.webapi.openai.ChatReader;
import org.millrace.webapi.openai.ChatShape;
import org.millrace.webapi.openai.Envelope;

class StreamingTest {
  private static final String CHAT =
      "{\"model\":\"org/tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"stream\":true%s}";

  private final House house = new House();

  @Test
  void aChatStreamHasTheChunksOfOpenAi() {
    var answer = house.post("/v1/chat/completions", CHAT.formatted(""));
    var id = "chatcmpl-" + answer.requestId().substring(4);
    var head =
        "{\"id\":\"%s\",\"object\":\"chat.completion.chunk\",\"created\":%d,\"model\":\"org/tiny\",\"system_fingerprint\":\"%s\",\"choices\":[{\"index\":0,\"delta\":"
            .formatted(id, House.NOW.getEpochSecond(), fingerprint(answer.body()));
    assertEquals(
        List.of(
            head
                + "{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":null}]}",
            head + "{\"content\":\"Hello\"},\"logprobs\":null,\"finish_reason\":null}]}",
            head + "{\"content\":\" world\"},\"logprobs\":null,\"finish_reason\":null}]}",
            head + "{},\"logprobs\":null,\"finish_reason\":\"stop\"}]}",
            "[DONE]"),
        data(answer.body()));
    assertEquals(1, house.streams.getFirst().closes);
    assertEquals(0, house.streams.getFirst().cancels);
  }

  @Test
  void usageComesInALastChunkWithoutChoicesAndIsNullBefore() {
    var chunks =
        data(
            house
                .post(
                    "/v1/chat/completions",
                    CHAT.formatted(",\"stream_options\":{\"include_usage\":true}"))
                .body());
    assertTrue(chunks.get(0).endsWith("\"usage\":null}"), chunks.get(0));
    assertTrue(
        chunks
            .get(4)
            .endsWith(
                "\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2,\"total_tokens\":9,"
                    + "\"prompt_tokens_details\":{\"cached_tokens\":3,\"audio_tokens\":0},"
                    + "\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}}"),
        chunks.get(4));
    assertEquals("[DONE]", chunks.get(5));
  }

  @Test
  void silenceIsFilledWithComments() {
    house.script =
        new CompletionEvent[] {
          SILENCE,
          SILENCE,
          delta(0, "x"),
          SILENCE,
          new ChoiceFinished(0, FinishReason.LENGTH),
          new Completed(usage(1, 0, 1))
        };
    var body = house.post("/v1/chat/completions", CHAT.formatted("")).body();
    assertEquals(2, body.split(": keep-alive\n\n", -1).length - 1, body);
    assertTrue(body.contains("\"finish_reason\":\"length\""), body);
  }

  @Test
  void aFailureInTheMiddleIsAnErrorEventAndNoDone() {
    house.script =
        new CompletionEvent[] {
          delta(0, "x"), new Failed(ServingError.ENGINE_FAILED, "the engine stopped")
        };
    var chunks = data(house.post("/v1/chat/completions", CHAT.formatted("")).body());
    assertEquals(
        "{\"error\":{\"code\":\"engine_failed\",\"message\":\"the engine stopped\",\"param\":null,\"type\":\"server_error\"}}",
        chunks.getLast());
    assertFalse(chunks.contains("[DONE]"));
    assertEquals(1, house.streams.getFirst().closes);
  }

  @Test
  void aChoiceTheServerCancelsIsAnErrorEventAndNoDone() {
    house.script =
        new CompletionEvent[] {
          delta(0, "x"),
          new ChoiceFinished(0, FinishReason.CANCELLED),
          new Completed(usage(1, 0, 1))
        };
    var chunks = data(house.post("/v1/chat/completions", CHAT.formatted("")).body());
    assertTrue(chunks.getLast().contains("\"code\":\"request_cancelled\""), chunks.getLast());
    assertFalse(chunks.contains("[DONE]"));
  }

  @Test
  void aFailureBeforeTheFirstEventIsAnHonestStatus() {
    house.script =
        new CompletionEvent[] {
          new Failed(ServingError.DEADLINE_EXCEEDED, "waited 30 s; the limit is 30 s")
        };
    var answer = house.post("/v1/chat/completions", CHAT.formatted(""));
    assertEquals(503, answer.status());
    assertEquals("deadline_exceeded", answer.error().get("code"));
    assertEquals("2", answer.headers().get("Retry-After"));
    assertEquals(1, house.streams.getFirst().closes);
  }

  @Test
  void aClientThatIsGoneCancelsItsRequest() {
    var stream = new ScriptedStream("req_1", delta(0, "a"), delta(0, "b"), delta(0, "c"));
    var ends = new int[1];
    var answer =
        new StreamedAnswer(stream, chatShape(), false, Duration.ZERO, null, () -> ends[0]++);
    var broken =
        new OutputStream() {
          private int flushes;

          @Override
          public void write(int b) {}

          @Override
          public void flush() throws IOException {
            if (++flushes == 2) {
              throw new IOException("Broken pipe");
            }
          }
        };
    assertThrows(IOException.class, () -> answer.writeTo(broken));
    answer.close();
    assertEquals(1, stream.cancels);
    assertEquals(1, stream.closes);
    assertEquals(1, ends[0]);
    assertEquals(delta(0, "b"), stream.next(Duration.ZERO));
  }

  @Test
  void logprobsOfAChatCarryBytesAndAlternatives() {
    var top = new TokenScore("o", new byte[] {'o'}, Float.NEGATIVE_INFINITY, List.of());
    var score =
        new TokenScore("\u00fc", new byte[] {(byte) 0xc3, (byte) 0xbc}, -0.5f, List.of(top));
    house.script =
        new CompletionEvent[] {
          new Delta(0, "\u00fc", 1, List.of(score)),
          new ChoiceFinished(0, FinishReason.STOP),
          new Completed(usage(1, 0, 1))
        };
    var chunks =
        data(
            house
                .post(
                    "/v1/chat/completions", CHAT.formatted(",\"logprobs\":true,\"top_logprobs\":1"))
                .body());
    assertTrue(
        chunks
            .get(1)
            .contains(
                "\"logprobs\":{\"content\":[{\"token\":\"\u00fc\",\"logprob\":-0.5,\"bytes\":[195,188],"
                    + "\"top_logprobs\":[{\"token\":\"o\",\"logprob\":-9999.0,\"bytes\":[111]}]}],\"refusal\":null}"),
        chunks.get(1));
  }

  @Test
  void aTextStreamEchoesAndCountsItsOffsets() {
    house.script =
        new CompletionEvent[] {
          new Delta(0, "ab", 1, List.of(new TokenScore("ab", new byte[0], -1f, List.of()))),
          new Delta(0, "c", 1, List.of(new TokenScore("c", new byte[0], -2f, List.of()))),
          new ChoiceFinished(0, FinishReason.STOP),
          new Completed(usage(1, 0, 2))
        };
    var chunks =
        data(
            house
                .post(
                    "/v1/completions",
                    "{\"model\":\"org/tiny\",\"prompt\":\"p\",\"stream\":true,\"logprobs\":1}")
                .body());
    assertTrue(
        chunks
            .get(1)
            .endsWith(
                "\"choices\":[{\"text\":\"c\",\"index\":0,\"logprobs\":{\"tokens\":[\"c\"],\"token_logprobs\":[-2.0],"
                    + "\"top_logprobs\":[{\"c\":-2.0}],\"text_offset\":[2]},\"finish_reason\":null}]}"),
        chunks.get(1));
    assertTrue(chunks.get(0).contains("\"object\":\"text_completion\""), chunks.get(0));
    assertTrue(chunks.get(0).contains("\"id\":\"cmpl-"), chunks.get(0));
    assertTrue(
        chunks
            .get(2)
            .contains("\"text\":\"\",\"index\":0,\"logprobs\":null,\"finish_reason\":\"stop\""));
  }

  private static ChatShape chatShape() {
    var ask =
        ChatReader.read(
            "req_1",
            org.millrace.webapi.json.JsonReader.object(
                CHAT.formatted("").getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    return new ChatShape(new Envelope("chatcmpl-1", Instant.EPOCH, "m", "fp", false), ask);
  }

  private static String fingerprint(String body) {
    var at = body.indexOf("fp_");
    return body.substring(at, body.indexOf('"', at));
  }

  private static List<String> data(String body) {
    return java.util.Arrays.stream(body.split("\n\n"))
        .filter(event -> event.startsWith("data: "))
        .map(event -> event.substring(6))
        .toList();
  }
}
