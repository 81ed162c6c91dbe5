/**
 * Learning and applying a byte-level BPE vocabulary.
 *
 * <p>What the text is about, and how it is trained on, never lives here.
 */
@NullMarked
package org.millrace.demomodel.bpe;

import org.jspecify.annotations.NullMarked;
