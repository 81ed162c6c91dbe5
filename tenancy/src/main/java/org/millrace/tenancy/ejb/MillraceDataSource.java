package org.millrace.tenancy.ejb;

import jakarta.annotation.sql.DataSourceDefinition;
import jakarta.ejb.Singleton;

/**
 * The one pool, for every module of the application, and with it {@code java:app/jdbc/millrace}.
 *
 * <p>Not an XA data source: there is one database and no other resource manager, so a transaction
 * commits in one phase, and PostgreSQL needs no prepared transactions. A caller waits five seconds
 * for a connection and is then told; a connection that has idled is asked whether it still lives,
 * and when one does not, all are replaced, because the server was restarted.
 *
 * <p>The database itself ends what waits or idles too long: a transaction whose caller is stuck
 * must not keep a wallet's lock from everybody else.
 */
@DataSourceDefinition(
    name = "java:app/jdbc/millrace",
    className = "org.postgresql.ds.PGConnectionPoolDataSource",
    url = "${MPCONFIG=millrace.db.url}",
    user = "${MPCONFIG=millrace.db.user}",
    password = "${MPCONFIG=millrace.db.password}",
    minPoolSize = 4,
    maxPoolSize = 40,
    properties = {
      "connectTimeout=5",
      "socketTimeout=30",
      "ApplicationName=millrace",
      "options=-c lock_timeout=10s -c idle_in_transaction_session_timeout=20s",
      "fish.payara.max-wait-time-in-millis=5000",
      "fish.payara.is-connection-validation-required=true",
      "fish.payara.connection-validation-method=custom-validation",
      "fish.payara.validation-classname=org.glassfish.api.jdbc.validation.PostgresConnectionValidation",
      "fish.payara.validate-atmost-once-period-in-seconds=5",
      "fish.payara.fail-all-connections=true"
    })
@Singleton
public class MillraceDataSource {}
