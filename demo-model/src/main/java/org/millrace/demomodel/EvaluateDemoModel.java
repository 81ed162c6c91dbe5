package org.millrace.demomodel;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.millrace.demomodel.corpus.Message;
import org.millrace.demomodel.evaluation.Evaluation;
import org.millrace.demomodel.evaluation.GreedyDecoder;
import org.millrace.demomodel.evaluation.Questions;
import org.millrace.demomodel.evaluation.Respondent;
import org.millrace.demomodel.train.Checkpoint;
import org.millrace.demomodel.train.LlamaForward;

/**
 * Asks a checkpoint the twenty questions, or those given: {@code EvaluateDemoModel CHECKPOINT
 * [QUESTION ...]}. Ends with status 1 if the model is not good enough to be committed.
 */
public final class EvaluateDemoModel {
  private static final int RIGHT_MIN = 17;
  private static final int TOKENS_MAX = 220;

  private EvaluateDemoModel() {}

  public static void main(String[] arguments) throws IOException {
    if (arguments.length == 0) {
      throw new IllegalArgumentException("usage: EvaluateDemoModel CHECKPOINT [QUESTION ...]");
    }
    boolean good = true;
    try (NDManager manager = NDManager.newBaseManager()) {
      Checkpoint.Loaded model = Checkpoint.load(Path.of(arguments[0]), manager);
      var forward = new LlamaForward(model.shape(), model.weights(), manager);
      var decoder = new GreedyDecoder(forward, model.vocabulary(), manager);
      List<String> own = Arrays.asList(arguments).subList(1, arguments.length);
      own.forEach(question -> ask(decoder, question));
      if (own.isEmpty()) {
        good = evaluate(decoder);
      }
    }
    System.exit(good ? 0 : 1);
  }

  private static boolean evaluate(Respondent respondent) {
    Evaluation evaluation = Evaluation.of(respondent, Questions.ALL);
    System.out.print(evaluation.report());
    return evaluation.right() >= RIGHT_MIN && evaluation.ended() == Questions.ALL.size();
  }

  private static void ask(Respondent respondent, String question) {
    var reply = respondent.reply(List.of(new Message(Message.USER, question)), TOKENS_MAX);
    System.out.printf("%s%s%n    %s%n", question, reply.ended() ? "" : " (cut)", reply.text());
  }
}
