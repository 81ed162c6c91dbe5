package org.millrace.launcher.server;

import java.util.List;

/**
 * What this platform's domain differs in.
 *
 * @param jvmOptions added to the distribution's, the heap's size among them
 */
public record DomainSettings(String bindAddress, int port, int adminPort, List<String> jvmOptions) {
  public static final int HEAP_MIB = 1536;

  /** Of a body whose request is answered already; as much as the API itself drops of one. */
  static final int SWALLOWED_BYTES_MAX = 64 << 20;

  /** What runs hot at the start only, and so is not worth the optimizing compiler's time. */
  static final String COMPILER_DIRECTIVES = "compiler-directives.json";

  public DomainSettings {
    jvmOptions = List.copyOf(jvmOptions);
  }

  /** The options the application needs, with a heap of this size; models lie outside of it. */
  public static List<String> applicationOptions(int heapMib) {
    return List.of(
        "-Xmx" + heapMib + "m",
        "--add-modules=jdk.incubator.vector",
        "-XX:+UnlockDiagnosticVMOptions",
        "-XX:CompilerDirectivesFile=${com.sun.aas.instanceRoot}/config/" + COMPILER_DIRECTIVES);
  }

  /** For a debugger on this machine. */
  public static String debugOption(int port) {
    return "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=127.0.0.1:" + port;
  }
}
