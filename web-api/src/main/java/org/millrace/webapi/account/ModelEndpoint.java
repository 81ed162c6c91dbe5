package org.millrace.webapi.account;

import org.millrace.serving.api.Models;
import org.millrace.webapi.error.ApiError;
import org.millrace.webapi.error.ApiException;
import org.millrace.webapi.http.Call;
import org.millrace.webapi.http.Gate;
import org.millrace.webapi.http.Reply;
import org.millrace.webapi.openai.ModelTrees;

/** {@code GET /v1/models} and {@code GET /v1/models/{model}}. */
public final class ModelEndpoint {
  private final Gate gate;
  private final Models models;

  public ModelEndpoint(Gate gate, Models models) {
    this.gate = gate;
    this.models = models;
  }

  public Reply list(Call call) {
    gate.admit(call);
    return Reply.json(ModelTrees.list(models.list()));
  }

  public Reply one(Call call) {
    gate.admit(call);
    var name = call.pathValue("model");
    return models
        .find(name)
        .map(model -> Reply.json(ModelTrees.one(model)))
        .orElseThrow(() ->
            new ApiException(
                ApiError.MODEL_NOT_FOUND,
                "The model '%s' does not exist or you do not have access to it."
                    .formatted(name.length() <= 256 ? name : name.substring(0, 256) + "..."),
                "model"));
  }
}
