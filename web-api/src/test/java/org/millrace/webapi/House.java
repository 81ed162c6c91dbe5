package org.millrace.webapi;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.millrace.billing.api.UsageRecords;
import org.millrace.serving.api.CompletionEvent;
import org.millrace.serving.api.CompletionRequest;
import org.millrace.serving.api.CompletionStream;
import org.millrace.serving.api.Completions;
import org.millrace.serving.api.Models;
import org.millrace.serving.api.ServingException;
import org.millrace.serving.api.ServingStatus;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.Caller;
import org.millrace.tenancy.api.KeyAuthenticator;
import org.millrace.tenancy.api.Limits;
import org.millrace.tenancy.api.TenancyError;
import org.millrace.tenancy.api.TenancyException;
import org.millrace.webapi.account.AccountEndpoint;
import org.millrace.webapi.account.ModelEndpoint;
import org.millrace.webapi.completion.CompletionEndpoint;
import org.millrace.webapi.completion.IdempotencyKeys;
import org.millrace.webapi.http.Bodies;
import org.millrace.webapi.http.Call;
import org.millrace.webapi.http.Gate;
import org.millrace.webapi.http.Reply;
import org.millrace.webapi.http.Route;
import org.millrace.webapi.http.Router;
import org.millrace.webapi.json.JsonReader;

/**
 * The tenant's API over hand-written fakes of the other rooms: two tenants, one model, a script for
 * each submit.
 */
public final class House {
  public static final String KEY = "mlr_live_good";
  public static final String OTHER_KEY = "mlr_live_other";
  public static final UUID TENANT = UUID.fromString("00000000-0000-0000-0000-00000000000a");
  public static final UUID OTHER_TENANT = UUID.fromString("00000000-0000-0000-0000-00000000000b");
  public static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");

  public final List<CompletionRequest> submitted = new ArrayList<>();
  public final List<ScriptedStream> streams = new ArrayList<>();
  public boolean clientGone;
  public CompletionEvent[] script = ScriptedStream.hello();
  public @Nullable ServingException refusal;
  public final Map<String, ServingStatus.RequestView> live = new HashMap<>();
  public final Map<String, UsageRecords.UsageRecord> billed = new HashMap<>();
  public int bodyBytesMax = 10_000;

  private final Router router;

  public House() {
    var gate = new Gate(new TwoKeys());
    var bodies = new Bodies(bodyBytesMax, Duration.ofSeconds(5));
    var status = new FakeStatus();
    var usage = new FakeUsage();
    InstantSource clock = () -> NOW;
    var completions =
        new CompletionEndpoint(
            gate,
            bodies,
            new ScriptedCompletions(),
            new OneModel(),
            new IdempotencyKeys(status, usage, clock),
            Duration.ofMillis(10),
            clock);
    var account =
        new AccountEndpoint(gate, status, usage, new org.millrace.webapi.account.FakeCredits());
    var models = new ModelEndpoint(gate, new OneModel());
    router =
        new Router(
            List.of(
                new Route("POST", "/v1/chat/completions", completions::chat),
                new Route("POST", "/v1/completions", completions::text),
                new Route("GET", "/v1/models", models::list),
                new Route("GET", "/v1/models/{model...}", models::one),
                new Route("GET", "/v1/millrace/requests/{id}", account::request),
                new Route("GET", "/v1/millrace/balance", account::balance),
                new Route("GET", "/v1/millrace/queue", account::queue),
                new Route("GET", "/v1/millrace/cache", account::cache)));
  }

  /** An answer, read. */
  public record Answer(String requestId, int status, Map<String, String> headers, String body) {
    public Map<String, @Nullable Object> json() {
      return JsonReader.object(body.getBytes(StandardCharsets.UTF_8));
    }

    @SuppressWarnings("unchecked")
    public Map<String, @Nullable Object> error() {
      return Objects.requireNonNull((Map<String, @Nullable Object>) json().get("error"));
    }
  }

  public Answer get(String path) {
    return send(
        "GET", path, Map.of("Authorization", "Bearer " + KEY), InputStream.nullInputStream());
  }

  public Answer post(String path, String body) {
    return post(path, body, Map.of());
  }

  public Answer post(String path, String body, Map<String, String> more) {
    var headers = new HashMap<>(more);
    headers.putIfAbsent("Authorization", "Bearer " + KEY);
    headers.putIfAbsent("Content-Type", "application/json");
    return send(
        "POST", path, headers, new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)));
  }

  public Answer send(String method, String path, Map<String, String> headers, InputStream body) {
    var caseless = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
    caseless.putAll(headers);
    var call = new Call(method, path, caseless::get, Map.of(), body);
    call.watch(() -> clientGone);
    var reply = router.answer(call);
    return new Answer(call.requestId(), reply.status(), reply.headers(), text(reply));
  }

  private static String text(Reply reply) {
    return switch (reply) {
      case Reply.Whole whole -> new String(whole.body(), StandardCharsets.UTF_8);
      case Reply.Events events -> {
        var out = new ByteArrayOutputStream();
        try (var source = events.source()) {
          source.writeTo(out);
        } catch (IOException | InterruptedException e) {
          throw new AssertionError(e);
        }
        yield out.toString(StandardCharsets.UTF_8);
      }
    };
  }

  private static final class TwoKeys implements KeyAuthenticator {
    @Override
    public Caller authenticate(@Nullable String key) {
      if (key == null) {
        throw new TenancyException(TenancyError.KEY_MISSING, "no key");
      }
      return switch (key) {
        case KEY -> caller(TENANT, "acme");
        case OTHER_KEY -> caller(OTHER_TENANT, "other");
        default -> throw new TenancyException(TenancyError.KEY_INVALID, "not a good key");
      };
    }

    private static Caller caller(UUID tenant, String slug) {
      return new Caller(tenant, slug, tenant, tenant, Limits.defaults());
    }
  }

  private final class ScriptedCompletions implements Completions {
    @Override
    public CompletionStream submit(Caller caller, CompletionRequest request) {
      if (refusal != null) {
        throw refusal;
      }
      submitted.add(request);
      var stream = new ScriptedStream(request.requestId(), script);
      streams.add(stream);
      return stream;
    }
  }

  private static final class OneModel implements Models {
    @Override
    public List<ServedModel> list() {
      return List.of(new ServedModel("org/tiny", "llama", "Q8_0", 5_000_000, 1_024, 512, NOW));
    }

    @Override
    public Optional<ServedModel> find(String name) {
      return list().stream().filter(model -> model.name().equals(name)).findFirst();
    }
  }

  private final class FakeStatus implements ServingStatus {
    @Override
    public Snapshot snapshot() {
      return new Snapshot(NOW, true, 0, 8, List.of(), 0, 0, 0, 0);
    }

    @Override
    public Optional<RequestView> request(UUID tenantId, String requestId) {
      return tenantId.equals(TENANT) ? Optional.ofNullable(live.get(requestId)) : Optional.empty();
    }

    @Override
    public QueueView queue(UUID tenantId) {
      return new QueueView(1, 2, 3, 4.5);
    }

    @Override
    public List<CacheView> cache(UUID tenantId) {
      return List.of(
          new CacheView(
              "org/tiny", 4_096, 512, 2_048, List.of(new RequestCacheView("req_1", 256, 128))));
    }

    @Override
    public RateView rate(UUID tenantId) {
      return new RateView(100, 99, 1000, 998, 0.5);
    }
  }

  private final class FakeUsage implements UsageRecords {
    @Override
    public List<UsageRecord> latest(Actor actor, @Nullable UUID tenantId, int limit) {
      return List.copyOf(billed.values());
    }

    @Override
    public List<DailyUsage> daily(
        Actor actor, @Nullable UUID tenantId, LocalDate from, LocalDate to) {
      return List.of();
    }

    @Override
    public Optional<UsageRecord> find(UUID tenantId, String requestId) {
      return Optional.ofNullable(billed.get(requestId))
          .filter(record -> record.tenantId().equals(tenantId));
    }
  }
}
