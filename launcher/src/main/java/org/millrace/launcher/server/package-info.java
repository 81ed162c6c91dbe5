/**
 * Payara: its domain, its command line, its life. What the application does is the application's.
 */
@NullMarked
package org.millrace.launcher.server;

import org.jspecify.annotations.NullMarked;
