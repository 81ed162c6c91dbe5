/**
 * PostgreSQL: the embedded server's life, roles and databases, and access to an external one. No
 * schema of ours: that is db's.
 */
@NullMarked
package org.millrace.launcher.database;

import org.jspecify.annotations.NullMarked;
