package org.millrace.serving.api;

import java.time.Duration;
import org.millrace.tenancy.api.Actor;

/**
 * Takes models of this server's node out of service and back into it. Both return at once; {@link
 * ServingStatus#snapshot} says how far it is. Each has its audit row, or does not happen.
 *
 * <p>What is asked of a model that is on its way there, or there already, is done: nothing happens.
 */
public interface ModelControl {
  /**
   * Lets no more requests in, lets those that are in come to their end, and gives all the model's
   * memory back.
   *
   * @param grace after which requests that still run are ended, and settled at what they got
   * @throws ServingException with {@code MODEL_NOT_FOUND}, or with {@code MODEL_BUSY} where the
   *     model is being loaded
   * @throws org.millrace.tenancy.api.TenancyException where the actor is no platform-admin
   */
  void unload(Actor actor, String model, Duration grace);

  /**
   * Loads a model that was unloaded, or one that could not be loaded, again from its file.
   *
   * @throws ServingException with {@code MODEL_NOT_FOUND}, or with {@code MODEL_BUSY} while
   *     requests of the model are still coming to their end
   * @throws org.millrace.tenancy.api.TenancyException where the actor is no platform-admin
   */
  void load(Actor actor, String model);
}
