package org.millrace.launcher.server;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command line of a Payara server, as its own {@code asadmin start-domain} would make it. Made
 * here, because asadmin is a second JVM that takes seconds of two cores at the busiest moment of a
 * start.
 */
record ServerCommand(Path installation, Path domain, DomainXml domainXml) {
  List<String> line() {
    var glassfish = installation.resolve("glassfish");
    var line = new ArrayList<String>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.add("-cp");
    line.add(glassfish.resolve("modules/glassfish.jar").toString());
    for (String option : domainXml.jvmOptionsFor(Runtime.version().feature())) {
      line.add(substituted(option, glassfish));
    }
    line.add("-Dcom.sun.aas.installRoot=" + glassfish);
    line.add("-Dcom.sun.aas.instanceRoot=" + domain);
    line.add("-Djavax.xml.accessExternalSchema=all");
    line.addAll(
        List.of(
            "com.sun.enterprise.glassfish.bootstrap.ASMain",
            "-upgrade",
            "false",
            "-read-stdin",
            "false",
            "-domainname",
            "domain1",
            "-domaindir",
            domain.toString(),
            "-instancename",
            "server",
            "-type",
            "DAS",
            "-verbose",
            "false"));
    return List.copyOf(line);
  }

  private String substituted(String option, Path glassfish) {
    return option
        .replace("${com.sun.aas.installRoot}", glassfish.toString())
        .replace("${com.sun.aas.instanceRoot}", domain.toString());
  }

  boolean isInstalled() {
    return Files.exists(installation.resolve("glassfish/modules/glassfish.jar"));
  }
}
