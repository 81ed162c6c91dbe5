package org.millrace.it.platform;

import java.math.BigDecimal;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A tenant made for one test through the admin API, so that tests do not see each other's money.
 *
 * @param api the tenant's API, with a key of its own
 */
public record Tenant(String id, String slug, Api api) {
  private static final AtomicInteger NUMBER = new AtomicInteger();

  /**
   * @param credit in the currency of the prices; {@code 0} for none
   */
  public static Tenant create(String credit) {
    var slug = freshSlug();
    return create(credit, slug, slug);
  }

  /** One with a name for people. */
  public static Tenant create(String credit, String name) {
    return create(credit, freshSlug(), name);
  }

  private static String freshSlug() {
    return "it-%d-%s"
        .formatted(NUMBER.incrementAndGet(), UUID.randomUUID().toString().substring(0, 8));
  }

  private static Tenant create(String credit, String slug, String name) {
    var platform = Platform.shared();
    var admin = admin();
    var created =
        admin.post("/admin/v1/tenants", "{\"slug\":\"%s\",\"name\":\"%s\"}".formatted(slug, name));
    require(created, 201);
    var id = created.json().path("id").asText();
    var key = admin.post("/admin/v1/tenants/" + id + "/keys", "{\"name\":\"test\"}");
    require(key, 201);
    var tenant = new Tenant(id, slug, new Api(platform.url(), key.json().path("secret").asText()));
    if (new BigDecimal(credit).signum() > 0) {
      tenant.grant("first", credit);
    }
    return tenant;
  }

  public void grant(String reference, String amount) {
    require(
        admin()
            .post(
                "/admin/v1/tenants/" + id + "/credits",
                "{\"reference\":\"%s\",\"amount\":\"%s\",\"currency\":\"%s\"}"
                    .formatted(reference, amount, currency())),
        201);
  }

  /** The name of a model that is served. */
  public static String model() {
    var platform = Platform.shared();
    return new Api(platform.url(), platform.demoKey())
        .get("/v1/models")
        .json()
        .path("data")
        .path(0)
        .path("id")
        .asText();
  }

  public static String currency() {
    return admin().get("/admin/v1/prices").json().path("data").path(0).path("currency").asText();
  }

  /** What a million tokens of a meter cost. */
  public static BigDecimal price(String model, String meter) {
    for (var price : admin().get("/admin/v1/prices").json().path("data")) {
      if (price.path("model").asText().equals(model)
          && price.path("meter").asText().equals(meter)) {
        return new BigDecimal(price.path("per_million_tokens").asText());
      }
    }
    throw new IllegalStateException(model + " has no price for " + meter);
  }

  public BigDecimal available() {
    return new BigDecimal(api.get("/v1/millrace/balance").json().path("available").asText());
  }

  public BigDecimal held() {
    return new BigDecimal(api.get("/v1/millrace/balance").json().path("held").asText());
  }

  /** The admin API as the platform's admin. */
  public static Api admin() {
    return as("admin@demo", "admin");
  }

  /** The admin API as a person of the demo realm. */
  public static Api as(String name, String password) {
    var platform = Platform.shared();
    var form =
        "grant_type=password&client_id=millrace-admin-cli&username=%s&password=%s"
            .formatted(encoded(name), encoded(password));
    var answer =
        new Api(platform.keycloakUrl(), null)
            .send(
                HttpRequest.newBuilder(
                        URI.create(
                            platform.keycloakUrl()
                                + "/realms/millrace/protocol/openid-connect/token"))
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .POST(BodyPublishers.ofString(form)));
    require(answer, 200);
    return new Api(platform.url(), answer.json().path("access_token").asText());
  }

  private static void require(Api.Answer answer, int status) {
    if (answer.status() != status) {
      throw new IllegalStateException(answer.status() + " " + answer.body());
    }
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
