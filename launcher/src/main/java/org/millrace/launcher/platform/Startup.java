package org.millrace.launcher.platform;

import java.io.IOException;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.millrace.db.MigrationException;
import org.millrace.db.Migrations;
import org.millrace.launcher.console.LaunchException;
import org.millrace.launcher.console.Progress;
import org.millrace.launcher.database.DatabaseAccess;
import org.millrace.launcher.database.Databases;
import org.millrace.launcher.database.EarlierKeys;
import org.millrace.launcher.database.EmbeddedDatabase;
import org.millrace.launcher.identity.ConsoleClient;
import org.millrace.launcher.identity.IdentityAccess;
import org.millrace.launcher.identity.IssuerCheck;
import org.millrace.launcher.identity.Keycloak;
import org.millrace.launcher.identity.RealmTemplate;
import org.millrace.launcher.server.ApplicationServer;
import org.millrace.launcher.server.DomainSettings;
import org.millrace.launcher.settings.Secrets;

/**
 * One start: the parts beside each other as far as they do not need each other. The database first;
 * Keycloak needs its database; Payara needs a migrated one. Where a part fails the others are given
 * up; undoing what was started is the caller's.
 */
final class Startup {
  private final PlatformSettings settings;
  private final Secrets secrets;
  private final Progress progress;
  private final Readiness readiness;
  private final CompletableFuture<DatabaseAccess> keycloakDatabase = new CompletableFuture<>();
  private final CompletableFuture<DatabaseAccess> applicationDatabase = new CompletableFuture<>();

  Startup(PlatformSettings settings, Secrets secrets, Progress progress) {
    this.settings = settings;
    this.secrets = secrets;
    this.progress = progress;
    this.readiness = new Readiness(settings.patience());
  }

  /** Returns when all parts answer. */
  void run() throws InterruptedException {
    checkIdentity();
    try (var threads = Executors.newCachedThreadPool()) {
      var parts = new ExecutorCompletionService<Boolean>(threads);
      var tasks = tasks();
      tasks.forEach(parts::submit);
      try {
        for (int ended = 0; ended < tasks.size(); ended++) {
          finish(parts.take());
        }
      } finally {
        threads.shutdownNow();
      }
    }
    if (settings.console()) {
      awaitConsole();
    }
  }

  private void checkIdentity() throws InterruptedException {
    if (settings.console() && settings.externalIdentity().isPresent()) {
      var identity = settings.externalIdentity().get();
      var stage = progress.begin("Identity provider");
      new IssuerCheck(identity).require(settings.consoleUrl() + "/callback");
      stage.done(identity.toString());
    }
  }

  private List<Callable<Boolean>> tasks() {
    var tasks = new java.util.ArrayList<Callable<Boolean>>();
    tasks.add(this::startDatabase);
    tasks.add(this::startServer);
    if (settings.startsKeycloak()) {
      tasks.add(this::startKeycloak);
    }
    return tasks;
  }

  private static void finish(Future<Boolean> part) throws InterruptedException {
    try {
      part.get();
    } catch (ExecutionException failed) {
      switch (failed.getCause()) {
        case LaunchException known -> throw known;
        case MigrationException known ->
            throw new LaunchException(String.valueOf(known.getMessage()), known);
        case null, default ->
            throw new LaunchException("the start failed: " + failed.getMessage(), failed);
      }
    }
  }

  private boolean startDatabase() throws Exception {
    var owner =
        settings.externalDatabase().isPresent()
            ? settings.externalDatabase().get()
            : startEmbeddedDatabase();
    EarlierKeys.refuse(owner, settings.layout());
    var stage = progress.begin("Database schema");
    var application = secrets.get(Secrets.Name.DATABASE_APPLICATION_PASSWORD);
    var result = Migrations.migrate(owner.jdbcUrl(), owner.user(), owner.password(), application);
    stage.done("version %s, %d migrations run".formatted(result.version(), result.applied()));
    applicationDatabase.complete(new DatabaseAccess(owner.jdbcUrl(), "millrace_app", application));
    return true;
  }

  private DatabaseAccess startEmbeddedDatabase()
      throws IOException, InterruptedException, SQLException {
    var stage = progress.begin("PostgreSQL");
    var database = new EmbeddedDatabase(settings.runtimes().postgres(), settings.layout());
    int port = settings.ports().database();
    var superuserPassword = secrets.get(Secrets.Name.DATABASE_SUPERUSER_PASSWORD);
    boolean fresh = database.start(port, superuserPassword);
    var superuser = EmbeddedDatabase.superuser(port, superuserPassword);
    var keycloakPassword = secrets.get(Secrets.Name.KEYCLOAK_DATABASE_PASSWORD);
    Databases.createKeycloak(superuser, keycloakPassword);
    keycloakDatabase.complete(
        new DatabaseAccess(
            EmbeddedDatabase.url(port, Databases.KEYCLOAK), Databases.KEYCLOAK, keycloakPassword));
    var ownerPassword = secrets.get(Secrets.Name.DATABASE_OWNER_PASSWORD);
    Databases.createApplication(superuser, ownerPassword);
    stage.done((fresh ? "a new cluster" : "its data found") + ", port " + port);
    return new DatabaseAccess(
        EmbeddedDatabase.url(port, Databases.APPLICATION), Databases.OWNER, ownerPassword);
  }

  private boolean startKeycloak() throws Exception {
    var preparation = progress.begin("Keycloak, made ready once");
    var distribution = settings.runtimes().keycloak();
    preparation.done(distribution.toString());
    var database = keycloakDatabase.get();
    var stage = progress.begin("Keycloak");
    var keycloak = new Keycloak(settings.layout());
    var adminPassword = secrets.get(Secrets.Name.KEYCLOAK_ADMIN_PASSWORD);
    var clientSecret = secrets.get(Secrets.Name.OIDC_CLIENT_SECRET);
    var redirect = settings.apiUrl() + "/*";
    var process =
        keycloak.start(
            distribution,
            new Keycloak.Settings(
                settings.keycloakUrl(),
                settings.bindAddress(),
                settings.ports().keycloak(),
                database,
                adminPassword),
            RealmTemplate.render(clientSecret, redirect));
    readiness.await(
        new Readiness.Part("Keycloak", process, keycloak.log(), stage),
        () -> readiness.http().answers(wellKnown(Keycloak.issuer(settings.keycloakUrl()))));
    new ConsoleClient(settings.keycloakUrl()).align(adminPassword, clientSecret, redirect);
    stage.done(settings.keycloakUrl());
    return true;
  }

  private static String wellKnown(String issuer) {
    return issuer + "/.well-known/openid-configuration";
  }

  private boolean startServer() throws Exception {
    var preparation = progress.begin("Payara, unpacked once");
    var installation = settings.runtimes().payara();
    preparation.done(installation.toString());
    var database = applicationDatabase.get();
    var stage = progress.begin("Payara and the application");
    var server = new ApplicationServer(settings.layout());
    var process = server.start(deployment(installation), environment(database));
    var part = new Readiness.Part("Payara", process, server.log(), stage);
    readiness.await(part, () -> serves(server, part));
    stage.done(settings.apiUrl());
    return true;
  }

  private boolean serves(ApplicationServer server, Readiness.Part part)
      throws InterruptedException {
    server.requireNotRefused();
    if (!server.isDeployed()) {
      return false;
    }
    var answer =
        readiness
            .http()
            .get(settings.apiUrl() + "/health/ready", Map.of())
            .map(response -> ReadyAnswer.of(response.statusCode(), response.body()))
            .orElse(new ReadyAnswer(false, List.of()));
    if (answer.isFinal()) {
      throw new LaunchException("the application cannot serve: " + answer.text(), part.log());
    }
    part.waitsFor(answer.text());
    return answer.ready();
  }

  private ApplicationServer.Deployment deployment(java.nio.file.Path installation) {
    return new ApplicationServer.Deployment(
        installation,
        new DomainSettings(
            settings.bindAddress(),
            settings.ports().api(),
            settings.ports().admin(),
            settings.jvmOptions()),
        secrets.get(Secrets.Name.PAYARA_ADMIN_PASSWORD),
        settings.ear(),
        settings.runtimes().distributions().serverLibraries());
  }

  /**
   * MicroProfile Config reads {@code millrace.db.url} from {@code MILLRACE_DB_URL}, and so on; a
   * command line would show the secrets to all.
   */
  private Map<String, String> environment(DatabaseAccess database) {
    var environment = new LinkedHashMap<String, String>();
    environment.put("MILLRACE_DB_URL", database.jdbcUrl());
    environment.put("MILLRACE_DB_USER", database.user());
    environment.put("MILLRACE_DB_PASSWORD", database.password());
    environment.put("MILLRACE_KEY_PEPPER", secrets.get(Secrets.Name.KEY_PEPPER));
    environment.put("MILLRACE_MODELS", String.join(",", settings.models()));
    environment.put("MILLRACE_DATA_DIR", settings.layout().application().toString());
    environment.put("MILLRACE_DEMO_KEY_FILE", settings.layout().demoApiKey().toString());
    if (settings.console()) {
      environment.putAll(identity().environment());
    }
    return environment;
  }

  private IdentityAccess identity() {
    return settings
        .externalIdentity()
        .orElseGet(() ->
            new IdentityAccess(
                Keycloak.issuer(settings.keycloakUrl()),
                RealmTemplate.CONSOLE_CLIENT,
                secrets.get(Secrets.Name.OIDC_CLIENT_SECRET)));
  }

  private void awaitConsole() throws InterruptedException {
    var stage = progress.begin("Console");
    var issuer = identity().issuer();
    var http = readiness.http();
    if (!readiness.soon(() -> http.leadsTo(settings.consoleUrl() + "/", issuer))) {
      throw new LaunchException(
          "the console at %s does not lead to a login at %s"
              .formatted(settings.consoleUrl(), issuer),
          new ApplicationServer(settings.layout()).log());
    }
    stage.done(settings.consoleUrl());
  }
}
