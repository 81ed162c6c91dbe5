package org.millrace.tenancy.ejb;

import jakarta.annotation.PostConstruct;
import jakarta.annotation.Resource;
import jakarta.ejb.ConcurrencyManagement;
import jakarta.ejb.ConcurrencyManagementType;
import jakarta.ejb.LocalBean;
import jakarta.ejb.Singleton;
import jakarta.ejb.Startup;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Optional;
import javax.sql.DataSource;
import org.eclipse.microprofile.config.ConfigProvider;
import org.millrace.tenancy.key.KeyAuthentication;
import org.millrace.tenancy.key.KeyCache;
import org.millrace.tenancy.key.LastUse;
import org.millrace.tenancy.key.SecretHasher;
import org.millrace.tenancy.key.StoredKey;
import org.millrace.tenancy.persistence.DatabaseFailures;
import org.millrace.tenancy.persistence.KeyTable;

/**
 * What tenancy's beans share: one cache, one hasher, one clock. Made at start, so that a missing
 * setting stops the application then.
 */
@Singleton
@Startup
@LocalBean
@ConcurrencyManagement(ConcurrencyManagementType.BEAN)
@TransactionManagement(TransactionManagementType.BEAN)
public class Tenancy {
  private static final Logger LOG = System.getLogger(Tenancy.class.getName());

  @Resource(lookup = "java:app/jdbc/millrace")
  @SuppressWarnings("NullAway.Init")
  private DataSource dataSource;

  private final InstantSource clock = InstantSource.system();
  private final SecureRandom random = new SecureRandom();

  @SuppressWarnings("NullAway.Init")
  private SecretHasher hasher;

  @SuppressWarnings("NullAway.Init")
  private LastUse lastUse;

  @SuppressWarnings("NullAway.Init")
  private KeyAuthentication authentication;

  @PostConstruct
  void start() {
    var settings = ConfigProvider.getConfig();
    TenancyConfig config = TenancyConfig.read(key -> settings.getOptionalValue(key, String.class));
    hasher = new SecretHasher(config.pepper());
    lastUse = new LastUse(config.cachedKeysMax());
    KeyCache keys = new KeyCache(this::find, System::nanoTime, config.cachedKeysMax());
    authentication = new KeyAuthentication(keys, hasher, lastUse, clock);
  }

  private Optional<StoredKey> find(String publicId) {
    try (var connection = dataSource.getConnection()) {
      return KeyTable.find(connection, publicId);
    } catch (SQLException e) {
      LOG.log(Level.WARNING, "cannot look up API key " + publicId, e);
      throw DatabaseFailures.unavailable();
    }
  }

  public InstantSource clock() {
    return clock;
  }

  public SecureRandom random() {
    return random;
  }

  public SecretHasher hasher() {
    return hasher;
  }

  public LastUse lastUse() {
    return lastUse;
  }

  public KeyAuthentication authentication() {
    return authentication;
  }
}
