package org.millrace.launcher.server;

import java.util.List;

/**
 * What this platform's domain differs in.
 *
 * @param jvmOptions added to the distribution's, the heap's size among them
 */
public record DomainSettings(String bindAddress, int port, int adminPort, List<String> jvmOptions) {
  public static final int HEAP_MIB = 1536;

  /** What runs hot at the start only, and so is not worth the optimizing compiler's time. */
  static final String COMPILER_DIRECTIVES = "compiler-directives.json";

  public DomainSettings {
    jvmOptions = List.copyOf(jvmOptions);
  }

  /**
   * Carriers of virtual threads. A virtual thread that loads a class keeps its carrier while it
   * waits for another that loads one too and may itself wait for a carrier: with as few carriers as
   * a small machine has cores the whole API has stood still for ever. Made when needed only.
   */
  static final int CARRIERS_MAX = 256;

  /** The options the application needs, with a heap of this size; models lie outside of it. */
  public static List<String> applicationOptions(int heapMib) {
    return List.of(
        "-Xmx" + heapMib + "m",
        "--add-modules=jdk.incubator.vector",
        "-Djdk.virtualThreadScheduler.parallelism=" + CARRIERS_MAX,
        "-Djdk.virtualThreadScheduler.maxPoolSize=" + CARRIERS_MAX,
        "-XX:+UnlockDiagnosticVMOptions",
        "-XX:CompilerDirectivesFile=${com.sun.aas.instanceRoot}/config/" + COMPILER_DIRECTIVES);
  }

  /** For a debugger on this machine. */
  public static String debugOption(int port) {
    return "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=127.0.0.1:" + port;
  }
}
