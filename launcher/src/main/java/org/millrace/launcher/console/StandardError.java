package org.millrace.launcher.console;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;

/**
 * Standard error, which the script hides from the JVM's boot and passes on under another number: of
 * incubating modules the JVM warns whoever asked for them or not, and has no switch.
 */
public final class StandardError {
  private static final int STANDARD = 2;

  private StandardError() {}

  /** Makes the file that the script names standard error again. */
  @SuppressWarnings("IllegalCatch") // A method handle declares no less.
  public static void reopen() {
    Integer hidden = Integer.getInteger("millrace.standard-error");
    if (hidden == null) {
      return;
    }
    try {
      var linker = Linker.nativeLinker();
      var dup2 =
          linker.downcallHandle(
              linker.defaultLookup().findOrThrow("dup2"),
              FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
      int reopened = (int) dup2.invokeExact(hidden.intValue(), STANDARD);
      if (reopened != STANDARD) {
        throw new IllegalStateException("standard error cannot be opened again");
      }
    } catch (Throwable failure) {
      // Nobody would see it on standard error.
      System.out.println("millrace: " + failure);
      throw new IllegalStateException(failure);
    }
  }
}
