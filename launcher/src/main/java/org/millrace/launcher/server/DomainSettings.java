package org.millrace.launcher.server;

import java.util.List;

/**
 * What this platform's domain differs in.
 *
 * @param jvmOptions added to the distribution's, the heap's size among them
 */
public record DomainSettings(String bindAddress, int port, int adminPort, List<String> jvmOptions) {
  public static final int HEAP_MIB = 1536;

  public DomainSettings {
    jvmOptions = List.copyOf(jvmOptions);
  }

  /** The options the engine needs, with a heap of this size; models lie outside of it. */
  public static List<String> engineOptions(int heapMib) {
    return List.of("-Xmx" + heapMib + "m", "--add-modules=jdk.incubator.vector");
  }

  /** For a debugger on this machine. */
  public static String debugOption(int port) {
    return "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=127.0.0.1:" + port;
  }
}
