package org.millrace.launcher.platform;

import java.io.PrintStream;
import java.nio.file.Files;
import org.millrace.launcher.identity.DemoPerson;
import org.millrace.launcher.settings.Layout;

/** What somebody needs to know who has just started the platform. */
public final class Greeting {
  private Greeting() {}

  public static void print(PrintStream out, Layout layout, PlatformState state) {
    out.println();
    out.println("  API        " + state.api() + "/v1");
    state.console().ifPresent(url -> out.println("  Console    " + url));
    state.keycloak().ifPresent(url -> out.println("  Keycloak   " + url));
    out.println("  Data       " + layout.data());
    if (Files.exists(layout.demoApiKey())) {
      out.println("  API key    " + layout.demoApiKey());
    }
    if (state.ownKeycloak()) {
      printPeople(out);
    }
    out.println();
    out.println("Ask it something:");
    out.println("  " + DemoRequest.curl(layout, state));
    out.println();
  }

  private static void printPeople(PrintStream out) {
    out.println();
    out.println("  Log in as (name / password)");
    for (DemoPerson person : DemoPerson.ALL) {
      out.printf("    %-24s %s%n", person.name() + " / " + person.password(), person.role());
    }
  }
}
