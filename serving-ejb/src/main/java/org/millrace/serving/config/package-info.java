/**
 * What an operator may set: the {@code millrace.*} keys of serving, their defaults and ranges, read
 * once at start.
 *
 * <p>Plain Java. Where values come from is not decided here: a look-up function comes in.
 */
@NullMarked
package org.millrace.serving.config;

import org.jspecify.annotations.NullMarked;
