package org.millrace.console.chart;

import jakarta.json.Json;
import jakarta.json.JsonObjectBuilder;

/** The parts that all our charts share: quiet axes, no animation, a legend on top. */
final class Axes {
  private Axes() {}

  static JsonObjectBuilder options(JsonObjectBuilder scales) {
    return Json.createObjectBuilder()
        .add("responsive", true)
        .add("maintainAspectRatio", false)
        .add("animation", false)
        .add("interaction", Json.createObjectBuilder().add("mode", "index").add("intersect", false))
        .add("scales", scales);
  }

  static JsonObjectBuilder legendOnTop() {
    var labels =
        Json.createObjectBuilder()
            .add("color", "--text-muted")
            .add("boxWidth", 10)
            .add("boxHeight", 10)
            .add("usePointStyle", true)
            .add("pointStyle", "rectRounded");
    return Json.createObjectBuilder()
        .add(
            "legend",
            Json.createObjectBuilder()
                .add("position", "top")
                .add("align", "end")
                .add("labels", labels));
  }

  /** Labels are epoch milliseconds; the page's script writes them in the viewer's zone. */
  static JsonObjectBuilder time() {
    return category().add("millraceTime", true);
  }

  static JsonObjectBuilder category() {
    return Json.createObjectBuilder()
        .add("grid", Json.createObjectBuilder().add("display", false))
        .add("border", Json.createObjectBuilder().add("color", "--border"))
        .add(
            "ticks",
            Json.createObjectBuilder()
                .add("color", "--text-muted")
                .add("maxRotation", 0)
                .add("autoSkip", true)
                .add("autoSkipPadding", 20)
                .add("maxTicksLimit", 7));
  }

  static JsonObjectBuilder value(String position, String title, int suggestedMax) {
    boolean left = position.equals("left");
    return Json.createObjectBuilder()
        .add("position", position)
        .add("beginAtZero", true)
        .add("suggestedMax", suggestedMax)
        .add(
            "title",
            Json.createObjectBuilder()
                .add("display", true)
                .add("text", title)
                .add("color", "--text-muted"))
        .add("border", Json.createObjectBuilder().add("display", false))
        .add(
            "grid",
            Json.createObjectBuilder().add("color", "--border").add("drawOnChartArea", left))
        .add(
            "ticks",
            Json.createObjectBuilder()
                .add("color", "--text-muted")
                .add("maxTicksLimit", 5)
                .add("precision", 0));
  }
}
