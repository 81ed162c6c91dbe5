// Streams, events and graphs.
#include <chrono>

#include "state.h"

using namespace standin;

namespace standin {

Stream *stream_of(Call &call, void *handle, Context *context) {
  return handle == nullptr ? context->usual : call.of<Stream>(handle, "stream", context);
}

int ask(Call &call, Stream *stream, Work work) {
  if (stream->capture == nullptr) {
    stream->asked.push_back(std::move(work));
    stream->asked_count++;
    return SUCCESS;
  }
  if (stream->capture_broken) {
    return CAPTURE_INVALIDATED;
  }
  if (stream->capturer != std::this_thread::get_id()) {
    return call.refuse(CAPTURE_WRONG_THREAD, "another thread writes this stream down");
  }
  stream->capture->push_back(std::move(work));
  return SUCCESS;
}

void run_to(Stream *stream, uint64_t place) {
  while (stream->done_count < place && !stream->asked.empty()) {
    Work work = std::move(stream->asked.front());
    stream->asked.pop_front();
    stream->done_count++;
    int status = stream->context->lost == SUCCESS ? work() : SUCCESS;
    if (status != SUCCESS) {
      stream->context->lost = status;
      if (status == ECC_UNCORRECTABLE || status == NVLINK_UNCORRECTABLE || status == DEVICE_UNAVAILABLE) {
        device(stream->context->device).broken = status;
      }
    }
  }
}

void run_all(Context *context) {
  for (Object *object : left_of(context)) {
    if (auto *stream = dynamic_cast<Stream *>(object)) {
      run_to(stream, stream->asked_count);
    }
  }
}

bool break_capture(Context *context) {
  bool found = false;
  for (Object *object : left_of(context)) {
    auto *stream = dynamic_cast<Stream *>(object);
    if (stream != nullptr && stream->capture != nullptr && stream->capturer == std::this_thread::get_id()) {
      stream->capture_broken = found = true;
    }
  }
  return found;
}

}  // namespace standin

namespace {

// What an executable graph takes of the device's memory for each of its steps.
constexpr size_t STEP_BYTES = 512;
constexpr unsigned WITHOUT_TIMES = 2;

// The stream's context and the stream itself.
int enter(Call &call, void *handle, Context **context, Stream **stream) {
  int status = call.enter(context);
  if (status != SUCCESS) {
    return status;
  }
  *stream = stream_of(call, handle, *context);
  return *stream == nullptr ? INVALID_HANDLE : SUCCESS;
}

// Of what may be given back after the device was lost, and with another context current.
template <typename T>
T *destroy(Call &call, void *handle, const char *what) {
  T *found = call.known<T>(handle, what);
  if (found != nullptr) {
    found->alive = false;
  }
  return found;
}

}  // namespace

EXPORT int cuStreamCreate(void **handle, unsigned) {
  Call call("cuStreamCreate");
  Context *context;
  int status = call.enter(&context);
  if (status == SUCCESS) {
    *handle = static_cast<Object *>(made(new Stream(context)));
  }
  return status;
}

EXPORT int cuStreamDestroy_v2(void *handle) {
  Call call("cuStreamDestroy");
  auto *stream = call.known<Stream>(handle, "stream");
  if (stream == nullptr) {
    return INVALID_HANDLE;
  }
  if (stream->capture != nullptr) {
    call.note("the stream is being written down");
  }
  run_to(stream, stream->asked_count);
  stream->alive = false;
  return stream->context->lost;
}

EXPORT int cuStreamSynchronize(void *handle) {
  Call call("cuStreamSynchronize");
  Context *context;
  Stream *stream;
  int status = enter(call, handle, &context, &stream);
  if (status != SUCCESS) {
    return status;
  }
  if (stream->capture != nullptr) {
    stream->capture_broken = true;
    return call.refuse(CAPTURE_UNSUPPORTED, "a stream that is being written down cannot be waited for");
  }
  run_to(stream, stream->asked_count);
  return context->lost;
}

EXPORT int cuStreamWaitEvent(void *handle, void *event_handle, unsigned) {
  Call call("cuStreamWaitEvent");
  Context *context;
  Stream *stream;
  int status = enter(call, handle, &context, &stream);
  auto *event = status == SUCCESS ? call.known<Event>(event_handle, "event") : nullptr;
  if (event == nullptr) {
    return status != SUCCESS ? status : INVALID_HANDLE;
  }
  if (stream->capture != nullptr) {
    stream->capture_broken = true;
    return call.refuse(CAPTURE_ISOLATION, "a graph cannot wait for what is outside of it");
  }
  Stream *other = event->stream;
  uint64_t place = event->place;
  return other == nullptr ? SUCCESS : ask(call, stream, [=] {
    run_to(other, place);
    return other->context->lost;
  });
}

EXPORT int cuEventCreate(void **handle, unsigned flags) {
  Call call("cuEventCreate");
  Context *context;
  int status = call.enter(&context);
  if (status == SUCCESS) {
    auto *event = made(new Event(context));
    event->timed = (flags & WITHOUT_TIMES) == 0;
    *handle = static_cast<Object *>(event);
  }
  return status;
}

EXPORT int cuEventDestroy_v2(void *handle) {
  Call call("cuEventDestroy");
  auto *event = destroy<Event>(call, handle, "event");
  return event == nullptr ? int(INVALID_HANDLE) : event->context->lost;
}

EXPORT int cuEventRecord(void *event_handle, void *handle) {
  Call call("cuEventRecord");
  Context *context;
  Stream *stream;
  int status = enter(call, handle, &context, &stream);
  auto *event = status == SUCCESS ? call.of<Event>(event_handle, "event", context) : nullptr;
  if (event == nullptr) {
    return status != SUCCESS ? status : INVALID_HANDLE;
  }
  if (stream->capture != nullptr) {
    return call.refuse(NOT_SUPPORTED, "the stand-in writes no events down");
  }
  auto mark = std::make_shared<Mark>();
  status = ask(call, stream, [=] {
    mark->done = true;
    mark->nanos = std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
    return int(SUCCESS);
  });
  event->stream = stream;
  event->place = stream->asked_count;
  event->mark = mark;
  return status;
}

EXPORT int cuEventSynchronize(void *event_handle) {
  Call call("cuEventSynchronize");
  Context *context;
  int status = call.enter(&context);
  auto *event = status == SUCCESS ? call.of<Event>(event_handle, "event", context) : nullptr;
  if (event == nullptr) {
    return status != SUCCESS ? status : INVALID_HANDLE;
  }
  if (event->stream != nullptr) {
    run_to(event->stream, event->place);
  }
  return context->lost;
}

EXPORT int cuEventElapsedTime(float *millis, void *from_handle, void *to_handle) {
  Call call("cuEventElapsedTime");
  Context *context;
  int status = call.enter(&context);
  if (status != SUCCESS) {
    return status;
  }
  auto *from = call.of<Event>(from_handle, "event", context);
  auto *to = call.of<Event>(to_handle, "event", context);
  if (from == nullptr || to == nullptr) {
    return INVALID_HANDLE;
  }
  if (!from->timed || !to->timed || from->mark == nullptr || to->mark == nullptr) {
    return call.refuse(INVALID_HANDLE, "an event that takes no time, or was not recorded");
  }
  if (!from->mark->done || !to->mark->done) {
    return call.refuse(NOT_READY, "an event that the device has not come to");
  }
  *millis = float(to->mark->nanos - from->mark->nanos) / 1e6f;
  return SUCCESS;
}

EXPORT int cuStreamBeginCapture_v2(void *handle, int) {
  Call call("cuStreamBeginCapture");
  Context *context;
  Stream *stream;
  int status = enter(call, handle, &context, &stream);
  if (status != SUCCESS) {
    return status;
  }
  if (stream == context->usual) {
    return call.refuse(CAPTURE_UNSUPPORTED, "the usual stream cannot be written down");
  }
  if (stream->capture != nullptr) {
    return call.refuse(ILLEGAL_STATE, "the stream is being written down already");
  }
  stream->capture = std::make_unique<std::vector<Work>>();
  stream->capture_broken = false;
  stream->capturer = std::this_thread::get_id();
  return SUCCESS;
}

EXPORT int cuStreamEndCapture(void *handle, void **graph_handle) {
  Call call("cuStreamEndCapture");
  Context *context;
  Stream *stream;
  *graph_handle = nullptr;
  int status = enter(call, handle, &context, &stream);
  if (status != SUCCESS) {
    return status;
  }
  if (stream->capture == nullptr) {
    return call.refuse(ILLEGAL_STATE, "the stream is not being written down");
  }
  if (stream->capturer != std::this_thread::get_id()) {
    return call.refuse(CAPTURE_WRONG_THREAD, "another thread writes this stream down");
  }
  auto steps = std::move(stream->capture);
  if (stream->capture_broken) {
    return CAPTURE_INVALIDATED;
  }
  auto *graph = made(new Graph(context));
  graph->steps = std::move(*steps);
  *graph_handle = static_cast<Object *>(graph);
  return SUCCESS;
}

EXPORT int cuGraphDestroy(void *handle) {
  Call call("cuGraphDestroy");
  return destroy<Graph>(call, handle, "graph") == nullptr ? INVALID_HANDLE : SUCCESS;
}

EXPORT int cuGraphInstantiateWithFlags(void **handle, void *graph_handle, unsigned long long flags) {
  Call call("cuGraphInstantiateWithFlags");
  Context *context;
  int status = call.enter(&context);
  auto *graph = status == SUCCESS ? call.known<Graph>(graph_handle, "graph") : nullptr;
  if (graph == nullptr) {
    return status != SUCCESS ? status : INVALID_HANDLE;
  }
  if (flags != 0) {
    return call.refuse(NOT_SUPPORTED, "the stand-in knows no flags of graphs");
  }
  auto *executable = made(new Executable(context));
  executable->steps = graph->steps;
  executable->bytes = STEP_BYTES * graph->steps.size();
  device(context->device).taken += executable->bytes;
  *handle = static_cast<Object *>(executable);
  return SUCCESS;
}

EXPORT int cuGraphLaunch(void *executable_handle, void *handle) {
  Call call("cuGraphLaunch");
  Context *context;
  Stream *stream;
  int status = enter(call, handle, &context, &stream);
  auto *executable = status == SUCCESS ? call.of<Executable>(executable_handle, "graph that was made ready", context) : nullptr;
  if (executable == nullptr) {
    return status != SUCCESS ? status : INVALID_HANDLE;
  }
  if (stream->capture != nullptr) {
    return call.refuse(NOT_SUPPORTED, "the stand-in writes no graph into a graph");
  }
  for (const Work &step : executable->steps) {
    ask(call, stream, step);
  }
  return SUCCESS;
}

EXPORT int cuGraphExecDestroy(void *handle) {
  Call call("cuGraphExecDestroy");
  auto *executable = destroy<Executable>(call, handle, "graph that was made ready");
  if (executable == nullptr) {
    return INVALID_HANDLE;
  }
  device(executable->context->device).taken -= executable->bytes;
  return SUCCESS;
}
