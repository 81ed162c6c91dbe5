package org.millrace.inference.api;

/**
 * What runs the model.
 *
 * @param device {@code cpu} or a GPU's name
 * @param kernels {@code scalar}, {@code vector}, {@code native} or {@code cuda}
 * @param threads threads of the team
 * @param reason why these kernels were chosen, for the start-up log
 */
public record DeviceInfo(String device, String kernels, int threads, String reason) {}
