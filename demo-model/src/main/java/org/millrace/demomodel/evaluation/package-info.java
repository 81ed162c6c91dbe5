/**
 * Twenty fixed questions and whoever answers them.
 *
 * <p>What is asked here never occurs in the corpus.
 */
@NullMarked
package org.millrace.demomodel.evaluation;

import org.jspecify.annotations.NullMarked;
