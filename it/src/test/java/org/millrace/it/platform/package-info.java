/**
 * The one platform that all tests of this module share: started before the first test by the same
 * command that a newcomer uses, stopped after the last.
 *
 * <p>No test lives here.
 */
@NullMarked
package org.millrace.it.platform;

import org.jspecify.annotations.NullMarked;
