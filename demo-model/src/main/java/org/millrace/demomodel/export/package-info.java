/**
 * The trained model as a GGUF file.
 *
 * <p>The file format itself lives in the inference module, never here.
 */
@NullMarked
package org.millrace.demomodel.export;

import org.jspecify.annotations.NullMarked;
