// Settings, the books of what there is, and what is said.
#include "state.h"

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

namespace standin {

Settings settings;
std::map<uint64_t, Allocation> allocations, pinned;
thread_local Context *current;
bool initialized;

namespace {

constexpr int DEVICES_MAX = 8;
Device devices[DEVICES_MAX];
std::recursive_mutex one_at_a_time;

std::set<Object *> &objects() {
  static auto *all = new std::set<Object *>;  // outlives whoever calls while the process ends
  return *all;
}

std::string text(const char *format, va_list values) {
  char line[400];
  vsnprintf(line, sizeof line, format, values);
  return line;
}

bool set(const std::string &word) {
  size_t sign = word.find('=');
  if (sign == std::string::npos) {
    return false;
  }
  std::string key = word.substr(0, sign), value = word.substr(sign + 1);
  if (key == "log" || key == "orders") {
    (key == "log" ? settings.log : settings.orders) = value;
    return true;
  }
  char *end;
  long number = strtol(value.c_str(), &end, 10);
  if (*end != 0 || value.empty() || number < 0) {
    return false;
  }
  const std::map<std::string, int *> numbers = {
      {"devices", &settings.devices},       {"driver", &settings.driver},           {"capability", &settings.capability},
      {"processors", &settings.processors}, {"order", &settings.order},             {"init", &settings.init},
      {"peers", &settings.peers},           {"fail_allocation", &settings.fail_allocation}, {"fail_launch", &settings.fail_launch},
      {"fail_device", &settings.fail_device}, {"fail_status", &settings.fail_status}};
  auto found = numbers.find(key);
  if (found != numbers.end()) {
    *found->second = int(number);
  } else if (key == "memory_mib") {
    settings.memory_mib = size_t(number);
  } else if (key == "repair" && number < DEVICES_MAX) {
    devices[number].broken = SUCCESS;
  } else {
    return false;
  }
  return settings.devices <= DEVICES_MAX;
}

bool control(const char *words) {
  std::istringstream all(words);
  std::string word;
  bool understood = true;
  while (all >> word) {
    if (!set(word)) {
      fprintf(stderr, "stand-in: '%s' is no setting of the stand-in for libcuda.so.1\n", word.c_str());
      understood = false;
    }
  }
  return understood;
}

// After the settings themselves, which stand above.
const bool begun = [] {
  const char *words = getenv("MILLRACE_STAND_IN");
  if (words != nullptr && !control(words)) {
    exit(2);
  }
  return true;
}();

__attribute__((destructor)) void end() {
  for (int i = 0; i < DEVICES_MAX; i++) {
    if (devices[i].primary != nullptr) {
      say("left", "the process's end", "device " + std::to_string(i) + " is open");
    }
  }
}

}  // namespace

void obey() {
  if (settings.orders.empty()) {
    return;
  }
  std::ifstream file(settings.orders);
  std::stringstream words;
  if (file && words << file.rdbuf()) {
    remove(settings.orders.c_str());
    control(words.str().c_str());
  }
}

void say(const char *kind, const char *where, const std::string &text) {
  FILE *out = settings.log.empty() ? stderr : fopen(settings.log.c_str(), "a");
  if (out != nullptr) {
    fprintf(out, "stand-in: %s: %s: %s\n", kind, where, text.c_str());
    if (out != stderr) {
      fclose(out);
    }
  }
}

void remember(Object *object) { objects().insert(object); }

Device &device(int ordinal) { return devices[ordinal]; }

std::vector<Object *> left_of(Context *context) {
  std::vector<Object *> found;
  for (Object *object : objects()) {
    if (object->context == context && object->alive) {
      found.push_back(object);
    }
  }
  return found;
}

Call::Call(const char *function) : name(function), lock(one_at_a_time) {}

Object *Call::object(void *handle) {
  auto found = objects().find(static_cast<Object *>(handle));
  return found == objects().end() ? nullptr : *found;
}

int Call::refuse(int status, const char *format, ...) {
  va_list values;
  va_start(values, format);
  say("refused", name, text(format, values) + ": " + std::to_string(status));
  va_end(values);
  return status;
}

void Call::note(const char *format, ...) {
  va_list values;
  va_start(values, format);
  if (!settings.log.empty()) {
    say("noted", name, text(format, values));
  }
  va_end(values);
}

int Call::enter(Context **context) {
  if (!initialized) {
    return refuse(NOT_INITIALIZED, "cuInit was not called");
  }
  if (current == nullptr) {
    return refuse(INVALID_CONTEXT, "the thread has no context");
  }
  if (!current->alive) {
    return refuse(CONTEXT_IS_DESTROYED, "the thread's context was given back");
  }
  *context = current;
  return current->lost;
}

int Call::enter_uncaptured(Context **context) {
  int status = enter(context);
  if (status == SUCCESS && break_capture(*context)) {
    return refuse(CAPTURE_UNSUPPORTED, "this thread is writing a graph down");
  }
  return status;
}

}  // namespace standin

// Changes settings while it runs; 0 where all were understood.
EXPORT int stand_in_control(const char *words) {
  standin::Call call("stand_in_control");
  return standin::control(words) ? 0 : 1;
}
