package org.millrace.inference.model;

import org.millrace.inference.api.ChatEncoder;
import org.millrace.inference.api.ModelInfo;
import org.millrace.inference.api.Tokenizer;
import org.millrace.inference.cache.KvPool;
import org.millrace.inference.gguf.GgufFile;
import org.millrace.inference.tensor.TensorDevice;

/** Everything that a model's file became, and what to free when it is no longer wanted. */
record LoadedModel(
    GgufFile file,
    ModelInfo info,
    Tokenizer tokenizer,
    ChatEncoder chat,
    KvPool pool,
    TensorDevice device,
    Transformer transformer)
    implements AutoCloseable {

  @Override
  public void close() {
    // The team first: its threads must be gone before memory is.
    device.close();
    pool.close();
    file.close();
  }
}
