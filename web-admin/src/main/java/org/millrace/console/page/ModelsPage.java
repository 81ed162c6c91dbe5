package org.millrace.console.page;

import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.Prices;
import org.millrace.billing.api.Prices.Meter;
import org.millrace.billing.api.Prices.Price;
import org.millrace.console.session.Permission;
import org.millrace.console.session.Visitor;
import org.millrace.serving.api.ModelControl;
import org.millrace.serving.api.Models;
import org.millrace.serving.api.Models.ServedModel;
import org.millrace.serving.api.ServingStatus;
import org.millrace.serving.api.ServingStatus.ReplicaView;

/** What is served, what it costs, and the forms that set prices and take models out and in. */
@Named("modelsPage")
@RequestScoped
public class ModelsPage {
  private static final int GRACE_MINUTES = 30;

  @Inject Visitor visitor;
  @Inject Parameters parameters;
  @Inject Models models;
  @Inject ModelControl control;
  @Inject ServingStatus status;
  @Inject Prices prices;
  @Inject Notices notices;
  private @Nullable List<Row> rows;
  private @Nullable BigDecimal input;
  private @Nullable BigDecimal cachedInput;
  private @Nullable BigDecimal output;
  private @Nullable String currency;
  private int graceMinutes = GRACE_MINUTES;

  /**
   * A model that is served, has prices, or is somewhere between.
   *
   * @param served {@code null} where it has prices but is not served now
   */
  public record Row(
      String name,
      @Nullable ServedModel served,
      List<ReplicaView> replicas,
      Map<Meter, Price> prices) {
    public @Nullable Price price(String meter) {
      return prices.get(Meter.valueOf(meter));
    }

    /** What computes it: device and kernels of each replica, told once. */
    public List<String> engines() {
      return replicas.stream()
          .filter(r -> !r.device().isEmpty())
          .map(r -> r.device() + ", " + r.kernels())
          .distinct()
          .toList();
    }

    /** Whether an admin may take it out of service. */
    public boolean isUnloadable() {
      return is("serving") || is("failed") && served != null;
    }

    /** Whether an admin may have it loaded: it was taken out, or could not be loaded. */
    public boolean isLoadable() {
      return served == null && (is("unloaded") || is("failed"));
    }

    private boolean is(String state) {
      return replicas.stream().anyMatch(replica -> replica.state().equals(state));
    }

    public boolean isPriced() {
      return prices.containsKey(Meter.INPUT) && prices.containsKey(Meter.OUTPUT);
    }

    /** The plain number for the form, empty where there is none. */
    public String plain(String meter) {
      Price price = price(meter);
      return price == null ? "" : price.perMillionTokens().stripTrailingZeros().toPlainString();
    }

    public @Nullable Instant getPricedFrom() {
      Price price = prices.get(Meter.OUTPUT);
      return price == null ? null : price.validFrom();
    }

    public @Nullable String getCurrency() {
      return prices.values().stream().map(Price::currency).findFirst().orElse(null);
    }
  }

  public List<Row> getRows() {
    List<Row> known = rows;
    if (known == null) {
      known = read();
      rows = known;
    }
    return known;
  }

  private List<Row> read() {
    var byModel = new TreeMap<String, Map<Meter, Price>>();
    for (Price price : prices.current()) {
      byModel
          .computeIfAbsent(price.model(), m -> new EnumMap<>(Meter.class))
          .put(price.meter(), price);
    }
    var served = new TreeMap<String, ServedModel>();
    models.list().forEach(m -> served.put(m.name(), m));
    served.keySet().forEach(m -> byModel.computeIfAbsent(m, k -> new EnumMap<>(Meter.class)));
    List<ReplicaView> replicas = status.snapshot().replicas();
    replicas.forEach(r -> byModel.computeIfAbsent(r.model(), k -> new EnumMap<>(Meter.class)));
    return byModel.entrySet().stream()
        .map(e ->
            new Row(
                e.getKey(),
                served.get(e.getKey()),
                replicas.stream().filter(r -> r.model().equals(e.getKey())).toList(),
                e.getValue()))
        .toList();
  }

  public boolean isAnyUnpriced() {
    return getRows().stream().anyMatch(r -> r.served() != null && !r.isPriced());
  }

  public @Nullable String setPrices() {
    visitor.require(Permission.SET_PRICES);
    String named = parameters.get("model").orElse("");
    if (!notices.attempt(
        () ->
            prices.set(
                visitor.actor(),
                named,
                orZero(input),
                orZero(cachedInput),
                orZero(output),
                getCurrency().toUpperCase(Locale.ROOT)))) {
      return null;
    }
    notices.done("Prices of " + named + " set. They hold from now on.");
    return "models?faces-redirect=true";
  }

  public @Nullable String unload() {
    visitor.require(Permission.MANAGE_MODELS);
    String named = parameters.get("model").orElse("");
    if (!notices.attempt(
        () -> control.unload(visitor.actor(), named, Duration.ofMinutes(graceMinutes)))) {
      return null;
    }
    notices.done(named + " is being taken out of service.");
    return "models?faces-redirect=true";
  }

  public @Nullable String load() {
    visitor.require(Permission.MANAGE_MODELS);
    String named = parameters.get("model").orElse("");
    if (!notices.attempt(() -> control.load(visitor.actor(), named))) {
      return null;
    }
    notices.done(named + " is being loaded.");
    return "models?faces-redirect=true";
  }

  /** For requests that run when a model is taken out of service. */
  public int getGraceMinutes() {
    return graceMinutes;
  }

  public void setGraceMinutes(int graceMinutes) {
    this.graceMinutes = graceMinutes;
  }

  private static BigDecimal orZero(@Nullable BigDecimal amount) {
    return amount == null ? BigDecimal.ZERO : amount;
  }

  public @Nullable BigDecimal getInput() {
    return input;
  }

  public void setInput(@Nullable BigDecimal input) {
    this.input = input;
  }

  public @Nullable BigDecimal getCachedInput() {
    return cachedInput;
  }

  public void setCachedInput(@Nullable BigDecimal cachedInput) {
    this.cachedInput = cachedInput;
  }

  public @Nullable BigDecimal getOutput() {
    return output;
  }

  public void setOutput(@Nullable BigDecimal output) {
    this.output = output;
  }

  /** The currency typed, or the one that prices are in already. */
  public String getCurrency() {
    if (currency != null) {
      return currency;
    }
    return prices.current().stream().map(Price::currency).findFirst().orElse("EUR");
  }

  public void setCurrency(@Nullable String currency) {
    this.currency = currency;
  }
}
