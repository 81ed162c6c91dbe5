/**
 * The ledger, prices and usage in PostgreSQL.
 *
 * <p>What changes money is a function of the database, called in one statement, because every
 * client of a tenant waits for that tenant's wallet; what is only read is mapped by Hibernate.
 * Everything runs in a transaction that somebody else begins. No price is computed here.
 */
@NullMarked
package org.millrace.billing.persistence;

import org.jspecify.annotations.NullMarked;
