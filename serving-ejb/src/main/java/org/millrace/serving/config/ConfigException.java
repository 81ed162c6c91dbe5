package org.millrace.serving.config;

import java.util.List;

/** Every configured value that cannot be used, all of them in one message. */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ConfigException(List<String> problems) {
    super("configuration: " + String.join("; ", problems));
  }
}
