package org.millrace.serving.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.millrace.billing.api.Credits;
import org.millrace.billing.api.Money;
import org.millrace.billing.api.Prices;
import org.millrace.serving.api.Models.ServedModel;
import org.millrace.serving.config.ServingConfig;
import org.millrace.tenancy.api.Actor;
import org.millrace.tenancy.api.ApiKeys;
import org.millrace.tenancy.api.ProjectView;
import org.millrace.tenancy.api.TenantView;
import org.millrace.tenancy.api.Tenants;

/**
 * Makes what of the demo tenant is missing: tenant, credit, key file, prices. Doing it again
 * changes nothing.
 */
public final class DemoTenant {
  static final String SLUG = "demo";
  static final String GRANT = "demo-grant";
  private static final int GRANT_PRIORITY = 100;

  private final Tenants tenants;
  private final ApiKeys keys;
  private final Credits credits;
  private final Prices prices;
  private final ServingConfig.Demo config;

  public DemoTenant(
      Tenants tenants, ApiKeys keys, Credits credits, Prices prices, ServingConfig.Demo config) {
    this.tenants = tenants;
    this.keys = keys;
    this.credits = credits;
    this.prices = prices;
    this.config = config;
  }

  /**
   * @throws UncheckedIOException where the key file cannot be written
   */
  public void prepare(List<ServedModel> models) {
    Actor system = Actor.system();
    TenantView tenant =
        tenants.findBySlug(system, SLUG).orElseGet(() -> tenants.create(system, SLUG, "Demo"));
    credits.grant(
        system,
        tenant.id(),
        GRANT,
        new Money(config.credit(), config.currency()),
        GRANT_PRIORITY,
        null);
    price(system, models);
    // The key comes last: whoever finds the file finds all that is needed to use it.
    if (!Files.exists(config.keyFile())) {
      write(keys.create(system, project(system, tenant.id()), "demo").secret());
    }
  }

  private void price(Actor system, List<ServedModel> models) {
    Set<String> priced =
        prices.current().stream().map(Prices.Price::model).collect(Collectors.toSet());
    for (ServedModel model : models) {
      if (!priced.contains(model.name())) {
        prices.set(
            system,
            model.name(),
            config.input(),
            config.cachedInput(),
            config.output(),
            config.currency());
      }
    }
  }

  private UUID project(Actor system, UUID tenantId) {
    List<ProjectView> projects = tenants.projects(system, tenantId);
    return projects.isEmpty()
        ? tenants.createProject(system, tenantId, "default").id()
        : projects.getFirst().id();
  }

  /** Readable by its owner alone from the first byte, and either whole or not there. */
  private void write(String secret) {
    Path file = config.keyFile().toAbsolutePath();
    try {
      Path directory = Files.createDirectories(file.getParent());
      Path part =
          Files.createTempFile(
              directory,
              file.getFileName().toString(),
              ".part",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.write(part, (secret + "\n").getBytes(StandardCharsets.UTF_8));
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException("demo key file " + file + ": " + e.getMessage(), e);
    }
  }
}
