package org.millrace.console.chart;

import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.millrace.console.live.LoadSample;

/** Tokens per second (left axis) and waiting requests (right axis) over the last minutes. */
public final class LoadChart {
  private LoadChart() {}

  public static String of(List<LoadSample> samples) {
    return Json.createObjectBuilder()
        .add("type", "line")
        .add("data", data(samples))
        .add("options", options())
        .build()
        .toString();
  }

  /** What a running chart is fed with: times and the two series, nothing else. */
  public static String seriesOf(List<LoadSample> samples) {
    return Json.createObjectBuilder()
        .add("labels", times(samples))
        .add("tokens", numbers(samples, LoadSample::tokensPerSecond))
        .add("queue", numbers(samples, LoadSample::queuedRequests))
        .build()
        .toString();
  }

  private static JsonObject data(List<LoadSample> samples) {
    var tokens =
        line("Tokens per second", "--chart-1", "tokens")
            .add("data", numbers(samples, LoadSample::tokensPerSecond))
            .add("fill", true)
            .add("backgroundColor", "--chart-1-soft");
    var queue =
        line("Waiting requests", "--chart-2", "queue")
            .add("data", numbers(samples, LoadSample::queuedRequests))
            .add("stepped", true);
    return Json.createObjectBuilder()
        .add("labels", times(samples))
        .add("datasets", Json.createArrayBuilder().add(tokens).add(queue))
        .build();
  }

  private static JsonObjectBuilder line(String label, String colour, String axis) {
    return Json.createObjectBuilder()
        .add("label", label)
        .add("yAxisID", axis)
        .add("borderColor", colour)
        .add("borderWidth", 2)
        .add("pointRadius", 0)
        .add("tension", 0.3);
  }

  private static JsonObject options() {
    var scales =
        Json.createObjectBuilder()
            .add("x", Axes.time())
            .add("tokens", Axes.value("left", "tokens/s", 10))
            .add("queue", Axes.value("right", "waiting", 4));
    return Axes.options(scales).add("plugins", Axes.legendOnTop()).build();
  }

  private static JsonArrayBuilder times(List<LoadSample> samples) {
    var times = Json.createArrayBuilder();
    samples.forEach(s -> times.add(s.at().toEpochMilli()));
    return times;
  }

  private static JsonArrayBuilder numbers(
      List<LoadSample> samples, ToDoubleFunction<LoadSample> number) {
    var numbers = Json.createArrayBuilder();
    samples.forEach(s -> numbers.add(Math.round(number.applyAsDouble(s) * 10) / 10.0));
    return numbers;
  }
}
