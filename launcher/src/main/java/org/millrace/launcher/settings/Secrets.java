package org.millrace.launcher.settings;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import org.millrace.launcher.console.LaunchException;

/**
 * The secrets of one platform: made once, kept in its data folder in a file that only its owner
 * reads.
 */
public record Secrets(Map<Name, String> values) {
  private static final int BYTES = 32;

  /** What each is for. */
  public enum Name {
    /** PostgreSQL's superuser, used by this command only. */
    DATABASE_SUPERUSER_PASSWORD,
    /** Owns the schema and migrates it. */
    DATABASE_OWNER_PASSWORD,
    /** The application's login role, to which row-level security applies. */
    DATABASE_APPLICATION_PASSWORD,
    KEYCLOAK_DATABASE_PASSWORD,
    KEYCLOAK_ADMIN_PASSWORD,
    PAYARA_ADMIN_PASSWORD,
    /** The console's, at Keycloak. */
    OIDC_CLIENT_SECRET,
    /** Base64; API keys are stored as an HMAC under it, so without it every key is lost. */
    KEY_PEPPER;

    String property() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  public Secrets {
    values = Map.copyOf(values);
  }

  public String get(Name name) {
    var value = values.get(name);
    if (value == null) {
      throw new IllegalStateException("no secret " + name);
    }
    return value;
  }

  /** Those of the folder; what is not there yet is made. */
  public static Secrets loadOrCreate(Layout layout, SecureRandom random) {
    try {
      PrivateFile.createFolder(layout.data());
      var file = layout.secrets();
      if (!Files.exists(file) && Files.exists(layout.postgres().resolve("data"))) {
        throw new LaunchException(
            "%s holds a database but its secrets, %s, are gone: put the file back, or choose another folder with --data"
                .formatted(layout.data(), file));
      }
      var properties = read(file);
      int known = properties.size();
      var values = new EnumMap<Name, String>(Name.class);
      for (Name name : Name.values()) {
        values.put(
            name,
            (String) properties.computeIfAbsent(name.property(), absent -> generate(name, random)));
      }
      if (properties.size() > known) {
        PrivateFile.write(file, text(values));
      }
      return new Secrets(values);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private static Properties read(Path file) throws IOException {
    var properties = new Properties();
    if (Files.exists(file)) {
      try (var reader = Files.newBufferedReader(file)) {
        properties.load(reader);
      }
    }
    return properties;
  }

  private static String generate(Name name, SecureRandom random) {
    var bytes = new byte[BYTES];
    random.nextBytes(bytes);
    return name == Name.KEY_PEPPER
        ? Base64.getEncoder().encodeToString(bytes)
        : Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static String text(Map<Name, String> values) {
    var text = new StringBuilder("# Made on the first start. Keep it with the data, and secret.\n");
    values.forEach(
        (name, value) -> text.append(name.property()).append('=').append(value).append('\n'));
    return text.toString();
  }

  /** The names only: a secret must not get into a log by way of a record. */
  @Override
  public String toString() {
    return "Secrets" + values.keySet();
  }
}
