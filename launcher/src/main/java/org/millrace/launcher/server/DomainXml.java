package org.millrace.launcher.server;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.millrace.launcher.console.LaunchException;

/**
 * The distribution's {@code domain.xml}, changed as text: what is not ours stays byte for byte. The
 * first configuration in it is the server's; a template for further instances follows and stays as
 * it is.
 */
public final class DomainXml {
  private static final Pattern JVM_OPTION = Pattern.compile("<jvm-options>(.*?)</jvm-options>");
  private static final Pattern JAVA_RANGE = Pattern.compile("\\[([^|\\]]*)\\|([^\\]]*)\\](.*)");

  private final String text;

  public DomainXml(String text) {
    this.text = text;
  }

  /** The distribution's, as this platform needs it. */
  public DomainXml patched(DomainSettings settings) {
    return disableUnusedListeners()
        .replace(
            "<network-listener port=\"8080\"",
            "<network-listener address=\"%s\" port=\"%d\""
                .formatted(settings.bindAddress(), settings.port()))
        .replace(
            "<network-listener port=\"4848\"",
            "<network-listener address=\"127.0.0.1\" port=\"%d\"".formatted(settings.adminPort()))
        .replace(
            "<thread-pool name=\"http-thread-pool\"",
            "<thread-pool name=\"http-thread-pool\" min-thread-pool-size=\"8\" max-thread-pool-size=\"200\"")
        // The version is nobody's business; and what is left of a refused body is read and dropped
        // only so far.
        .replace(
            "<http default-virtual-server=\"server\"",
            "<http server-header=\"false\" max-swallowing-input-bytes=\"%d\" default-virtual-server=\"server\""
                .formatted(DomainSettings.SWALLOWED_BYTES_MAX))
        // Realm roles arrive as groups; with this each group is the role of its name.
        .replace(
            "<security-service>",
            "<security-service activate-default-principal-to-role-mapping=\"true\">")
        .replace("<jvm-options>-Xmx512m</jvm-options>", jvmOptions(settings));
  }

  /**
   * Everything that would listen beside HTTP and administration: two platforms must fit on one
   * machine, and nobody needs these.
   */
  private DomainXml disableUnusedListeners() {
    return replace(
            "<network-listener port=\"8181\"", "<network-listener enabled=\"false\" port=\"8181\"")
        .replace(
            "<iiop-listener address=\"0.0.0.0\" port=\"3700\"",
            "<iiop-listener enabled=\"false\" address=\"127.0.0.1\" port=\"3700\"")
        .replace(
            "<iiop-listener security-enabled=\"true\" address=\"0.0.0.0\" port=\"3820\"",
            "<iiop-listener enabled=\"false\" security-enabled=\"true\" address=\"127.0.0.1\" port=\"3820\"")
        .replace(
            "<iiop-listener security-enabled=\"true\" address=\"0.0.0.0\" port=\"3920\"",
            "<iiop-listener enabled=\"false\" security-enabled=\"true\" address=\"127.0.0.1\" port=\"3920\"")
        .replace(
            "security-enabled=\"false\" address=\"0.0.0.0\" port=\"8686\" name=\"system\"",
            "enabled=\"false\" security-enabled=\"false\" address=\"127.0.0.1\" port=\"8686\" name=\"system\"")
        // Without a message service of its own the server opens port 7676 for one.
        .replace(
            "<connector-service ",
            "<jms-service type=\"REMOTE\" default-jms-host=\"none\"><jms-host name=\"none\" host=\"localhost\" lazy-init=\"false\"/></jms-service>\n            <connector-service ")
        .replace(
            "<hazelcast-config-specific-configuration>",
            "<hazelcast-config-specific-configuration enabled=\"false\">")
        .replace(
            "org.apache.felix.shell,org.apache.felix.gogo.runtime,org.apache.felix.gogo.shell,org.apache.felix.gogo.command,org.apache.felix.shell.remote,org.apache.felix.fileinstall",
            "org.apache.felix.fileinstall");
  }

  private static String jvmOptions(DomainSettings settings) {
    var options = new StringBuilder();
    for (String option : settings.jvmOptions()) {
      options.append("<jvm-options>").append(option).append("</jvm-options>\n                ");
    }
    return options.toString().strip();
  }

  /**
   * Replaces the first occurrence; one that is not there means another version of the distribution,
   * and a domain that is not what we think.
   */
  private DomainXml replace(String from, String to) {
    int at = text.indexOf(from);
    if (at < 0) {
      throw new LaunchException(
          "this Payara's domain.xml has no '%s': its version is not one the launcher knows"
              .formatted(from));
    }
    return new DomainXml(text.substring(0, at) + to + text.substring(at + from.length()));
  }

  /** The server's JVM options that apply to this version of Java, in their order. */
  public List<String> jvmOptionsFor(int javaVersion) {
    var server = text.substring(0, text.indexOf("</java-config>"));
    var options = new ArrayList<String>();
    JVM_OPTION
        .matcher(withoutComments(server))
        .results()
        .map(MatchResult::group)
        .map(o -> o.substring("<jvm-options>".length(), o.length() - "</jvm-options>".length()))
        .forEach(option -> addIfApplies(options, option, javaVersion));
    return List.copyOf(options);
  }

  private static void addIfApplies(List<String> options, String option, int javaVersion) {
    var range = JAVA_RANGE.matcher(option);
    if (!range.matches()) {
      options.add(option);
    } else if (atLeast(javaVersion, range.group(1)) && atMost(javaVersion, range.group(2))) {
      options.add(range.group(3));
    }
  }

  /** A range may name a vendor, "Vendor-11.0.1": none of those is a JDK we run on. */
  private static boolean atLeast(int version, String min) {
    return min.isEmpty() || (min.matches("[0-9.u]+") && version >= major(min));
  }

  private static boolean atMost(int version, String max) {
    return max.isEmpty() || (max.matches("[0-9.u]+") && version <= major(max));
  }

  private static int major(String version) {
    var parts = version.split("[.u]");
    int first = Integer.parseInt(parts[0]);
    return first == 1 && parts.length > 1 ? Integer.parseInt(parts[1]) : first;
  }

  private static String withoutComments(String xml) {
    return xml.replaceAll("(?s)<!--.*?-->", "");
  }

  public String text() {
    return text;
  }
}
