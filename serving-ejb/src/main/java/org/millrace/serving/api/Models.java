package org.millrace.serving.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The models this server serves. */
public interface Models {
  List<ServedModel> list();

  /**
   * A served model; empty where none of this name is known.
   *
   * @throws ServingException with {@code MODEL_UNAVAILABLE} and the reason, where it is known and
   *     not served: it was taken out of service, is being loaded, or could not be
   */
  Optional<ServedModel> find(String name);

  /**
   * @param name what clients ask for
   * @param maxCompletionTokens the server's limit per choice
   */
  record ServedModel(
      String name,
      String architecture,
      String quantization,
      long parameters,
      int contextTokens,
      int maxCompletionTokens,
      Instant loadedAt) {}
}
