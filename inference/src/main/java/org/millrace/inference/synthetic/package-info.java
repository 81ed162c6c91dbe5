/**
 * Models with random weights, real shapes and real metadata, for speed tests that need only a disk.
 * What such a model says means nothing; how fast it says it is that of a real one. Nothing here
 * trains, loads or runs a model.
 */
@NullMarked
package org.millrace.inference.synthetic;

import org.jspecify.annotations.NullMarked;
