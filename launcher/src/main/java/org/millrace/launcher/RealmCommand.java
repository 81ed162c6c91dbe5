package org.millrace.launcher;

import java.net.URI;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.concurrent.Callable;
import org.millrace.launcher.console.LaunchException;
import org.millrace.launcher.identity.RealmTemplate;
import org.millrace.launcher.platform.PlatformSettings;
import org.millrace.launcher.settings.Ports;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "realm",
    description =
        "Print the realm to import into a Keycloak of your own: roles, clients and claims, and nobody in it.",
    mixinStandardHelpOptions = true)
final class RealmCommand implements Callable<Integer> {
  private static final String SECRET = "MILLRACE_OIDC_CLIENT_SECRET";
  private static final int SECRET_BYTES = 32;

  @Option(
      names = "--url",
      paramLabel = "URL",
      defaultValue = "http://" + PlatformSettings.HOST + ":" + Ports.DEFAULT_API,
      description = "Where people will reach Millrace (default ${DEFAULT-VALUE})")
  private String url = "";

  @Override
  public Integer call() {
    var given = System.getenv(SECRET);
    boolean isGiven = given != null && !given.isBlank();
    var secret = isGiven ? given : newSecret();
    System.out.println(RealmTemplate.renderForImport(secret, redirects()));
    System.err.println("After the import, start Millrace with:");
    System.err.println(
        "  MILLRACE_OIDC_ISSUER=https://YOUR-KEYCLOAK/realms/" + RealmTemplate.REALM);
    System.err.println("  MILLRACE_OIDC_CLIENT_ID=" + RealmTemplate.CONSOLE_CLIENT);
    System.err.println("  " + SECRET + "=" + (isGiven ? "(as it is set now)" : secret));
    return 0;
  }

  /** Every address of this server, as a pattern that Keycloak knows. */
  private String redirects() {
    try {
      var address = URI.create(url);
      if (address.getScheme() != null
          && address.getScheme().matches("https?")
          && address.getHost() != null) {
        return url.replaceFirst("/+$", "") + "/*";
      }
    } catch (IllegalArgumentException noAddress) {
      // Falls through: it is no address at all.
    }
    throw new LaunchException(
        "--url is '%s'; it takes an address such as https://millrace.example.com".formatted(url));
  }

  private static String newSecret() {
    var bytes = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
