package org.millrace.console.page;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Named;
import java.time.Instant;

/**
 * Marks the addresses of style sheet and scripts with this start of the console, so that a browser
 * does not use those of an older one.
 */
@Named
@ApplicationScoped
public class Build {
  private final String mark = Long.toString(Instant.now().getEpochSecond(), Character.MAX_RADIX);

  public String getMark() {
    return mark;
  }
}
