/**
 * Hand-written stand-ins for the services, in memory. They are beans as well, so that the console
 * can run alone while its pages are worked on.
 */
@NullMarked
package org.millrace.console.fake;

import org.jspecify.annotations.NullMarked;
