package org.millrace.inference.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.api.ModelLoadException;
import org.millrace.inference.tensor.DeviceProvider;

/**
 * Which kind of device runs a model. What was asked for by name is used or refused, never replaced;
 * only {@code auto} chooses, and says why.
 *
 * @param provider {@code null} for the CPU
 * @param which of several, empty for any
 * @param reason of the choice, empty where there was none to make
 */
record DeviceChoice(@Nullable DeviceProvider provider, String which, String reason) {
  private static final String CPU = "cpu";
  private static final String AUTO = "auto";

  /**
   * Reads {@code cpu}, {@code auto}, or a provider's name with the number of the device behind a
   * colon.
   *
   * @throws ModelLoadException when it names a device that cannot be used
   */
  static DeviceChoice of(String wanted) {
    List<DeviceProvider> providers =
        ServiceLoader.load(DeviceProvider.class, DeviceProvider.class.getClassLoader()).stream()
            .map(ServiceLoader.Provider::get)
            .toList();
    if (wanted.equals(CPU)) {
      return new DeviceChoice(null, "", "");
    }
    if (wanted.equals(AUTO)) {
      return any(providers);
    }
    String[] parts = wanted.split(":", 2);
    for (DeviceProvider provider : providers) {
      if (provider.name().equals(parts[0])) {
        Optional<String> obstacle = provider.obstacle();
        if (obstacle.isPresent()) {
          throw new ModelLoadException(
              "device %s cannot be used: %s".formatted(wanted, obstacle.get()));
        }
        return new DeviceChoice(provider, parts.length == 2 ? parts[1] : "", "");
      }
    }
    throw new ModelLoadException(
        "device %s is not known; known are %s".formatted(wanted, names(providers)));
  }

  private static DeviceChoice any(List<DeviceProvider> providers) {
    List<String> reasons = new ArrayList<>();
    for (DeviceProvider provider : providers) {
      Optional<String> obstacle = provider.obstacle();
      if (obstacle.isEmpty()) {
        return new DeviceChoice(provider, "", "auto: the first that can be used");
      }
      reasons.add("no " + provider.name() + ": " + obstacle.get());
    }
    return new DeviceChoice(null, "", "auto: " + String.join("; ", reasons));
  }

  private static String names(List<DeviceProvider> providers) {
    List<String> names = new ArrayList<>(List.of(CPU, AUTO));
    providers.forEach(provider -> names.add(provider.name()));
    return String.join(", ", names);
  }
}
