// The official OpenAI client, unchanged. Base URL, key and model come from the environment.
import assert from "node:assert/strict";
import test from "node:test";
import OpenAI from "openai";

const model = process.env.MILLRACE_MODEL;
const client = new OpenAI({ maxRetries: 0 });
const question = {
  model,
  messages: [{ role: "user", content: "Hello!" }],
  temperature: 0,
  seed: 1,
  max_completion_tokens: 24,
};

test("models are listed", async () => {
  const models = await client.models.list();
  assert.ok(models.data.some((each) => each.id === model));
});

test("a stream says the same as the whole answer", async () => {
  const whole = await client.chat.completions.create(question);
  const stream = await client.chat.completions.create({
    ...question,
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = "";
  let usage = null;
  let reason = null;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? "";
    reason = chunk.choices[0]?.finish_reason ?? reason;
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, whole.choices[0].message.content);
  assert.equal(reason, whole.choices[0].finish_reason);
  assert.equal(usage.completion_tokens, whole.usage.completion_tokens);
  assert.ok(usage.prompt_tokens_details.cached_tokens >= 0);
});

test("the stream helper assembles an answer", async () => {
  const runner = client.chat.completions.stream(question);
  const answer = await runner.finalChatCompletion();
  assert.ok(answer.choices[0].message.content.length > 0);
});

test("text completions answer many prompts", async () => {
  const answer = await client.completions.create({
    model,
    prompt: ["One, two,", "Red, green,"],
    max_tokens: 4,
    temperature: 0,
    logprobs: 2,
  });
  assert.deepEqual(answer.choices.map((each) => each.index), [0, 1]);
  for (const choice of answer.choices) {
    assert.equal(choice.logprobs.tokens.length, choice.logprobs.token_logprobs.length);
  }
});

test("a stream that is left is cancelled and billed for what was generated", async () => {
  const { data: stream, response } = await client.chat.completions
    .create({ ...question, stream: true, max_completion_tokens: 400, messages: [{ role: "user", content: "Tell me a story." }] })
    .withResponse();
  const id = response.headers.get("x-request-id");
  let received = 0;
  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta?.content && ++received === 3) break;
  }
  let request;
  for (let i = 0; i < 100; i++) {
    const answer = await fetch(`${process.env.OPENAI_BASE_URL}/millrace/requests/${id}`, {
      headers: { Authorization: `Bearer ${process.env.OPENAI_API_KEY}` },
    });
    request = await answer.json();
    if (!["queued", "running"].includes(request.state)) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.ok(["cancelled", "finished"].includes(request.state), JSON.stringify(request));
  assert.ok(request.completion_tokens >= received, JSON.stringify(request));
});

test("errors are typed", async () => {
  const stranger = new OpenAI({ apiKey: "mlr_live_wrong", maxRetries: 0 });
  await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError);
  await assert.rejects(client.chat.completions.create({ ...question, model: "gpt-9" }), OpenAI.NotFoundError);
  await assert.rejects(
    client.chat.completions.create({ ...question, temperature: 9 }),
    (error) => error instanceof OpenAI.BadRequestError && error.param === "temperature",
  );
});
