// A stand-in for libcuda.so.1: what JCuda finds where there is no GPU, so that everything above the driver runs as it would on one, and is checked as no driver
// checks it.
//
// It has the functions that Millrace calls and no others. Kernels run on the emulated device, by the names and sizes that the module names. What is asked of a
// stream is done as late as an event, a wait or a copy to plain memory allows. A use that the driver's documentation does not allow is refused with the status
// that it names, and said in a line; what a context leaves behind is said too. Its devices can be lost, and its memory run out, when told so (Settings).
#pragma once

#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#define EXPORT extern "C" __attribute__((visibility("default")))

// Of the emulated device, which lies beside.
extern "C" {
const char *emulation_message();
int emulation_allocate(size_t bytes, uint64_t *address);
int emulation_free(uint64_t address);
int emulation_upload(uint64_t to, const void *from, size_t bytes);
int emulation_download(uint64_t from, void *to, size_t bytes);
int emulation_copy(uint64_t from, uint64_t to, size_t bytes);
int emulation_fill(uint64_t to, int value, size_t bytes);
const void *emulation_kernel(const char *name);
size_t emulation_argument_bytes(const void *kernel);
int emulation_launch(const void *kernel, unsigned x, unsigned y, unsigned z, unsigned block, int order, const void *args, size_t bytes);
}

namespace standin {

// As cuda.h numbers them.
enum Result {
  SUCCESS = 0,
  INVALID_VALUE = 1,
  OUT_OF_MEMORY = 2,
  NOT_INITIALIZED = 3,
  DEVICE_UNAVAILABLE = 46,
  NO_DEVICE = 100,
  INVALID_DEVICE = 101,
  INVALID_IMAGE = 200,
  INVALID_CONTEXT = 201,
  NO_BINARY_FOR_GPU = 209,
  ECC_UNCORRECTABLE = 214,
  PEER_ACCESS_UNSUPPORTED = 217,
  NVLINK_UNCORRECTABLE = 220,
  UNSUPPORTED_PTX_VERSION = 222,
  INVALID_HANDLE = 400,
  ILLEGAL_STATE = 401,
  NOT_FOUND = 500,
  NOT_READY = 600,
  ILLEGAL_ADDRESS = 700,
  LAUNCH_OUT_OF_RESOURCES = 701,
  PEER_ACCESS_ALREADY_ENABLED = 704,
  CONTEXT_IS_DESTROYED = 709,
  LAUNCH_FAILED = 719,
  NOT_SUPPORTED = 801,
  CAPTURE_UNSUPPORTED = 900,
  CAPTURE_INVALIDATED = 901,
  CAPTURE_ISOLATION = 905,
  CAPTURED_EVENT = 907,
  CAPTURE_WRONG_THREAD = 908,
};

// From the environment's MILLRACE_STAND_IN when the library is loaded, and from stand_in_control or a file of orders at any time: words like `devices=2`,
// separated by blanks.
struct Settings {
  int devices = 2;
  int driver = 13000;      // the CUDA version that it supports
  int capability = 90;     // of every device, times ten
  int processors = 1;      // so few that kernels for many are used
  size_t memory_mib = 4096;
  int order = 0;           // of a kernel's threads, as emulation_launch takes it
  int init = SUCCESS;      // what cuInit answers
  int peers = 1;           // whether devices reach each other
  int fail_allocation = 0; // how many more allocations until one fails, once
  int fail_launch = 0;     // how many more kernels until the device is lost ...
  int fail_device = 0;     // ... which it is of this device alone ...
  int fail_status = LAUNCH_FAILED; // ... and with what
  std::string log;         // where lines go; standard error where none is named
  std::string orders;      // a file with more of these words, read and removed before a kernel runs
};
extern Settings settings;

// What handles point at. None is ever taken away, so that one that was destroyed is known from one that never was.
struct Object {
  bool alive = true;
  struct Context *context;
  explicit Object(Context *of) : context(of) {}
  virtual ~Object() = default;
};

struct Mark {
  bool done = false;
  int64_t nanos = 0;
};

using Work = std::function<int()>;

struct Graph : Object {
  using Object::Object;
  std::vector<Work> steps;
};

struct Executable : Object {
  using Object::Object;
  std::vector<Work> steps;
  size_t bytes = 0;
};

struct Stream : Object {
  using Object::Object;
  std::deque<Work> asked;
  uint64_t asked_count = 0, done_count = 0;
  std::unique_ptr<std::vector<Work>> capture;
  bool capture_broken = false;
  std::thread::id capturer;
};

struct Event : Object {
  using Object::Object;
  bool timed = true;
  Stream *stream = nullptr;
  uint64_t place = 0;
  std::shared_ptr<Mark> mark;
};

struct KernelFacts {
  size_t argument_bytes = 0, shared_bytes = 0;
  unsigned threads_max = 1024, registers = 0;
};

struct Module : Object {
  using Object::Object;
  std::map<std::string, KernelFacts> kernels;
};

struct Function : Object {
  using Object::Object;
  Module *module = nullptr;
  std::string name;
  KernelFacts facts;
  const void *emulated = nullptr;
};

struct Allocation {
  Context *context;
  size_t bytes;
};

// The primary one of a device, from its first user to its last.
struct Context : Object {
  int device;
  int users = 0;
  int lost = SUCCESS;  // what every call answers from then on
  Stream *usual = nullptr;
  std::set<Context *> reachable;
  explicit Context(int ordinal) : Object(nullptr), device(ordinal) {}
};

struct Device {
  Context *primary = nullptr;
  size_t taken = 0;
  int broken = SUCCESS;  // what opening it answers
};

extern thread_local Context *current;
extern bool initialized;
extern std::map<uint64_t, Allocation> allocations, pinned;
Device &device(int ordinal);
std::vector<Object *> left_of(Context *context);

// One call at a time. Knows its name for whatever is to be said.
class Call {
 public:
  explicit Call(const char *name);

  // Says why, and is what the call answers.
  int refuse(int status, const char *format, ...) __attribute__((format(printf, 3, 4)));
  // Says what is allowed and may not be meant.
  void note(const char *format, ...) __attribute__((format(printf, 2, 3)));

  // The thread's context, able to work: else a status that is not 0.
  int enter(Context **context);
  // Nothing that waits, takes memory or gives it back may be called by a thread that writes a graph down.
  int enter_uncaptured(Context **context);

  // What a handle points at, of the thread's context; null, having said why, where it is none.
  template <typename T>
  T *of(void *handle, const char *what, Context *context) {
    auto *found = known<T>(handle, what);
    if (found != nullptr && found->context != context) {
      refuse(INVALID_HANDLE, "the %s belongs to another context than the thread's", what);
      return nullptr;
    }
    return found;
  }

  template <typename T>
  T *known(void *handle, const char *what) {
    auto *found = dynamic_cast<T *>(object(handle));
    if (found == nullptr) {
      refuse(INVALID_HANDLE, "%p is no %s", handle, what);
    } else if (!found->alive) {
      refuse(INVALID_HANDLE, "the %s was destroyed", what);
      return nullptr;
    }
    return found;
  }

 private:
  static Object *object(void *handle);
  const char *name;
  std::lock_guard<std::recursive_mutex> lock;
};

// Takes it into the books.
void remember(Object *object);
template <typename T>
T *made(T *object) {
  remember(object);
  return object;
}

// Does what the file says that settings name.
void obey();

void say(const char *kind, const char *where, const std::string &text);

// Streams: asks for work, or writes it down; does it, up to a place. What fails takes the context along.
Stream *stream_of(Call &call, void *handle, Context *context);
int ask(Call &call, Stream *stream, Work work);
void run_to(Stream *stream, uint64_t place);
void run_all(Context *context);
// Ends what the thread writes down, if that is what it does.
bool break_capture(Context *context);

// The kernels that a module's image declares; a status that is not 0 where this device could not load it.
int read_image(Call &call, const void *image, std::map<std::string, KernelFacts> *kernels);

}  // namespace standin
