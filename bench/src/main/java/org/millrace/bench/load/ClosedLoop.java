package org.millrace.bench.load;

import java.io.IOException;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Closed-loop load: each client sends its next request when the last one is answered. Servers take
 * turns, so that a slow minute meets all of them.
 *
 * <p>{@code ClosedLoop --clients 1,4,8 --requests 32 --server NAME=URL,MODEL[,KEY] ...}, with
 * another {@code --seed} each time against a server that keeps prompts it has seen.
 */
public final class ClosedLoop {
  private static final List<String> WORDS =
      List.of("water", "wheel", "mill", "stone", "river", "grain", "flour", "gate", "race", "weir");

  private final List<Target> targets = new ArrayList<>();
  private List<Integer> clients = List.of(1, 4, 8);
  private int requests = 16;
  private int promptWords = 100;
  private int genTokens = 64;
  private int rounds = 1;
  private long seed;

  private ClosedLoop(List<String> arguments) {
    for (int i = 0; i + 1 < arguments.size(); i += 2) {
      take(arguments.get(i), arguments.get(i + 1));
    }
    if (targets.isEmpty() || arguments.size() % 2 != 0) {
      throw new IllegalArgumentException(
          "give at least one --server NAME=URL,MODEL[,KEY]; other options: --clients 1,4,8"
              + " --requests N --prompt-words N --gen-tokens N --rounds N --seed N");
    }
  }

  private void take(String option, String value) {
    switch (option) {
      case "--server" -> targets.add(Target.parse(value));
      case "--clients" -> clients = Arrays.stream(value.split(",")).map(Integer::valueOf).toList();
      case "--requests" -> requests = Integer.parseInt(value);
      case "--prompt-words" -> promptWords = Integer.parseInt(value);
      case "--gen-tokens" -> genTokens = Integer.parseInt(value);
      case "--rounds" -> rounds = Integer.parseInt(value);
      case "--seed" -> seed = Long.parseLong(value);
      default -> throw new IllegalArgumentException("unknown option " + option);
    }
  }

  /** Runs the load and prints its table; ends with status 1 where a request failed. */
  public static void main(String[] arguments) throws InterruptedException {
    try {
      new ClosedLoop(List.of(arguments)).run();
    } catch (IllegalArgumentException | ExecutionException refusal) {
      System.err.println("load: " + refusal.getMessage());
      System.exit(1);
    }
  }

  private void run() throws InterruptedException, ExecutionException {
    System.out.println(Figures.HEAD);
    try (var http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build()) {
      for (int round = 0; round < rounds; round++) {
        for (int count : clients) {
          for (Target target : targets) {
            var load = new Load(count, Math.max(count, requests), promptWords, genTokens, WORDS);
            System.out.println(
                measure(http, target, load, seed + 1000L * round).row(target.name(), count));
          }
        }
      }
    }
  }

  private static Figures measure(HttpClient http, Target target, Load load, long seed)
      throws InterruptedException, ExecutionException {
    var left = new AtomicInteger(load.requests());
    long start = System.nanoTime();
    List<Answer> answers = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<List<Answer>>> running = new ArrayList<>();
      for (int i = 0; i < load.clients(); i++) {
        var caller = new Caller(http, target, load, seed + i);
        running.add(threads.submit(() -> loop(caller, left)));
      }
      for (Future<List<Answer>> one : running) {
        answers.addAll(one.get());
      }
    }
    return new Figures(answers, System.nanoTime() - start);
  }

  private static List<Answer> loop(Caller caller, AtomicInteger left)
      throws IOException, InterruptedException {
    List<Answer> answers = new ArrayList<>();
    while (left.getAndDecrement() > 0) {
      answers.add(caller.ask());
    }
    return answers;
  }
}
