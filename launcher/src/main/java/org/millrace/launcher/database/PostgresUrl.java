package org.millrace.launcher.database;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.millrace.launcher.console.LaunchException;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

/**
 * What a JDBC address of PostgreSQL says, as the driver reads it.
 *
 * @param servers several where one may stand in for another
 */
public record PostgresUrl(List<InetSocketAddress> servers, String database) {
  public PostgresUrl {
    servers = List.copyOf(servers);
  }

  /**
   * @param setting what the address was given as, for the error
   * @throws LaunchException where the application could not use it; never repeats what follows a
   *     question mark, which may be a secret
   */
  public static PostgresUrl parse(String url, String setting) {
    var shown = url.split("\\?", 2)[0];
    Properties said = url.startsWith("jdbc:postgresql://") ? Driver.parseURL(url, null) : null;
    if (said == null) {
      throw new LaunchException(
          "%s is '%s'; it takes jdbc:postgresql://HOST[:PORT]/DATABASE".formatted(setting, shown));
    }
    if (isSet(said, PGProperty.USER) || isSet(said, PGProperty.PASSWORD)) {
      throw new LaunchException(
          "%s names a user or a password: both would be used for everything, also for what the application must not do; give the owner's with MILLRACE_DB_OWNER_USER and MILLRACE_DB_OWNER_PASSWORD"
              .formatted(setting));
    }
    if (!isSet(said, PGProperty.PG_DBNAME)) {
      throw new LaunchException(
          "%s is '%s' and names no database; it takes jdbc:postgresql://HOST[:PORT]/DATABASE"
              .formatted(setting, shown));
    }
    return new PostgresUrl(servers(said), text(said, PGProperty.PG_DBNAME));
  }

  private static List<InetSocketAddress> servers(Properties said) {
    var hosts = text(said, PGProperty.PG_HOST).split(",");
    var ports = text(said, PGProperty.PG_PORT).split(",");
    var servers = new ArrayList<InetSocketAddress>();
    for (int i = 0; i < hosts.length; i++) {
      int port = Integer.parseInt(ports[Math.min(i, ports.length - 1)]);
      servers.add(InetSocketAddress.createUnresolved(hosts[i], port));
    }
    return servers;
  }

  private static boolean isSet(Properties said, PGProperty property) {
    return !text(said, property).isEmpty();
  }

  private static String text(Properties said, PGProperty property) {
    return said.getProperty(property.getName(), "");
  }
}
