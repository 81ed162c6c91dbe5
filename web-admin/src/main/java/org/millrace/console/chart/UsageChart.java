package org.millrace.console.chart;

import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObjectBuilder;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import org.millrace.billing.api.UsageRecords.DailyUsage;

/**
 * Tokens per day, input, cached input and output stacked; a day without usage is a gap and not left
 * out.
 */
public final class UsageChart {
  private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("d MMM", Locale.UK);

  private UsageChart() {}

  /**
   * @param from first day
   * @param to day after the last
   */
  public static String of(Collection<DailyUsage> rows, LocalDate from, LocalDate to) {
    List<LocalDate> days = from.datesUntil(to).toList();
    var labels = Json.createArrayBuilder();
    days.forEach(d -> labels.add(DAY.format(d)));
    var datasets =
        Json.createArrayBuilder()
            .add(
                bars("Input", "--chart-1")
                    .add(
                        "data",
                        sums(
                            rows,
                            days,
                            r -> r.usage().inputTokens() - r.usage().cachedInputTokens())))
            .add(
                bars("Cached input", "--chart-3")
                    .add("data", sums(rows, days, r -> r.usage().cachedInputTokens())))
            .add(
                bars("Output", "--chart-2")
                    .add("data", sums(rows, days, r -> r.usage().outputTokens())));
    var scales =
        Json.createObjectBuilder()
            .add("x", Axes.category().add("stacked", true))
            .add("y", Axes.value("left", "tokens", 100).add("stacked", true));
    return Json.createObjectBuilder()
        .add("type", "bar")
        .add("data", Json.createObjectBuilder().add("labels", labels).add("datasets", datasets))
        .add("options", Axes.options(scales).add("plugins", Axes.legendOnTop()))
        .build()
        .toString();
  }

  private static JsonObjectBuilder bars(String label, String colour) {
    return Json.createObjectBuilder()
        .add("label", label)
        .add("backgroundColor", colour)
        .add("borderRadius", 2)
        .add("maxBarThickness", 36);
  }

  private static JsonArrayBuilder sums(
      Collection<DailyUsage> rows, List<LocalDate> days, ToLongFunction<DailyUsage> tokens) {
    var sums = Json.createArrayBuilder();
    for (LocalDate day : days) {
      sums.add(rows.stream().filter(r -> r.day().equals(day)).mapToLong(tokens).sum());
    }
    return sums;
  }
}
