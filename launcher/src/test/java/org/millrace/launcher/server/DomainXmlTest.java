package org.millrace.launcher.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.millrace.launcher.console.LaunchException;

class DomainXmlTest {
  private static final String ORIGINAL =
      """
      <config name="server-config">
        <iiop-listener address="0.0.0.0" port="3700" id="orb-listener-1" lazy-init="true" />
        <iiop-listener security-enabled="true" address="0.0.0.0" port="3820" id="SSL">
        <iiop-listener security-enabled="true" address="0.0.0.0" port="3920" id="SSL_MUTUALAUTH">
        <jmx-connector auth-realm-name="admin-realm" security-enabled="false" address="0.0.0.0" port="8686" name="system" />
        <connector-service shutdown-timeout-in-seconds="30"></connector-service>
        <hazelcast-config-specific-configuration></hazelcast-config-specific-configuration>
        <security-service>
        <java-config>
          <jvm-options>-server</jvm-options>
          <!-- <jvm-options>-Dnot.this=one</jvm-options> -->
          <jvm-options>[24|]--sun-misc-unsafe-memory-access=allow</jvm-options>
          <jvm-options>[|16]--illegal-access=permit</jvm-options>
          <jvm-options>[1.8.0|1.8.0u120]-Dold=yes</jvm-options>
          <jvm-options>[Dynamic Code Evolution-11.0.10|]-XX:HotswapAgent=core</jvm-options>
          <jvm-options>-Xmx512m</jvm-options>
          <jvm-options>-Dorg.glassfish.additionalOSGiBundlesToStart=org.apache.felix.shell,org.apache.felix.gogo.runtime,org.apache.felix.gogo.shell,org.apache.felix.gogo.command,org.apache.felix.shell.remote,org.apache.felix.fileinstall</jvm-options>
        </java-config>
        <protocol name="http-listener-1"><http default-virtual-server="server" max-connections="250"></http></protocol>
        <network-listener port="8080" protocol="http-listener-1" />
        <network-listener port="8181" protocol="http-listener-2" />
        <network-listener port="4848" protocol="admin-listener" />
        <thread-pool name="http-thread-pool" max-queue-size="4096"></thread-pool>
      </config>
      <config name="default-config">
        <java-config><jvm-options>-Xmx512m</jvm-options></java-config>
      </config>
      """;

  private static final DomainSettings SETTINGS =
      new DomainSettings("127.0.0.1", 18080, 18380, DomainSettings.applicationOptions(700));

  private final DomainXml patched = new DomainXml(ORIGINAL).patched(SETTINGS);

  @Test
  void theServerListensWhereItIsTold() {
    assertTrue(patched.text().contains("<network-listener address=\"127.0.0.1\" port=\"18080\""));
    assertTrue(patched.text().contains("<network-listener address=\"127.0.0.1\" port=\"18380\""));
  }

  @Test
  void nothingElseListens() {
    for (String port : List.of("8181", "3700", "3820", "3920", "8686")) {
      var line =
          Arrays.stream(patched.text().split("\n"))
              .filter(l -> l.contains("port=\"" + port + "\""))
              .findFirst()
              .orElseThrow();
      assertTrue(line.contains("enabled=\"false\""), line);
    }
    assertTrue(
        patched.text().contains("<hazelcast-config-specific-configuration enabled=\"false\">"));
    assertTrue(patched.text().contains("<jms-service type=\"REMOTE\""));
    assertFalse(patched.text().contains("felix.shell.remote"));
  }

  @Test
  void theServerKeepsItsVersionToItselfAndDropsOnlySoMuchOfARefusedBody() {
    assertTrue(
        patched
            .text()
            .contains("<http server-header=\"false\" max-swallowing-input-bytes=\"67108864\" "));
  }

  @Test
  void realmRolesBecomeTheApplicationsRoles() {
    assertTrue(patched.text().contains("activate-default-principal-to-role-mapping=\"true\""));
  }

  @Test
  void theHeapAndTheVectorApiAreSetForThisServerOnly() {
    var options = patched.jvmOptionsFor(25);
    assertTrue(options.contains("-Xmx700m"), options.toString());
    assertTrue(options.contains("--add-modules=jdk.incubator.vector"), options.toString());
    assertFalse(options.contains("-Xmx512m"), options.toString());
    assertTrue(patched.text().contains("default-config\">\n  <java-config><jvm-options>-Xmx512m"));
  }

  @Test
  void theCompilersDirectivesAreThereAndAllowedBeforeTheyAreNamed() {
    var options = patched.jvmOptionsFor(25);
    int allowed = options.indexOf("-XX:+UnlockDiagnosticVMOptions");
    int named =
        options.indexOf(
            "-XX:CompilerDirectivesFile=${com.sun.aas.instanceRoot}/config/compiler-directives.json");
    assertTrue(0 <= allowed && allowed < named, options.toString());
    assertNotNull(DomainSettings.class.getResource(DomainSettings.COMPILER_DIRECTIVES));
  }

  @Test
  void onlyOptionsForThisJavaAreTaken() {
    var options = new DomainXml(ORIGINAL).jvmOptionsFor(25);
    assertEquals(
        List.of("-server", "--sun-misc-unsafe-memory-access=allow", "-Xmx512m"),
        options.subList(0, 3));
    assertEquals(4, options.size());
    assertTrue(new DomainXml(ORIGINAL).jvmOptionsFor(8).contains("-Dold=yes"));
  }

  @Test
  void anotherVersionOfTheDistributionIsAnErrorThatNamesWhatIsMissing() {
    var other = new DomainXml(ORIGINAL.replace("port=\"4848\"", "port=\"4949\""));
    var refused = assertThrows(LaunchException.class, () -> other.patched(SETTINGS));
    assertTrue(refused.getMessage().contains("4848"), refused.getMessage());
  }
}
