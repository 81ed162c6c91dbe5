// The driver, its devices and their primary contexts.
#include <cstdlib>

#include "state.h"

using namespace standin;

namespace {

// As cuda.h numbers them.
enum Attribute { THREADS_PER_BLOCK = 1, SHARED_PER_BLOCK = 8, WARP = 10, PROCESSORS = 16, MAJOR = 75, MINOR = 76, SHARED_PER_BLOCK_AT_MOST = 97 };

int valid(Call &call, int ordinal) {
  if (!initialized) {
    return call.refuse(NOT_INITIALIZED, "cuInit was not called");
  }
  if (ordinal < 0 || ordinal >= settings.devices) {
    return call.refuse(INVALID_DEVICE, "there is no device %d", ordinal);
  }
  return SUCCESS;
}

void end(Context *context) {
  run_all(context);
  std::string where = "the end of device " + std::to_string(context->device) + "'s context";
  std::map<std::string, int> left;
  for (Object *object : left_of(context)) {
    // Functions go with their module, and the usual stream with the context.
    if (dynamic_cast<Function *>(object) == nullptr && object != context->usual) {
      left[dynamic_cast<Stream *>(object)       ? "stream"
           : dynamic_cast<Event *>(object)      ? "event"
           : dynamic_cast<Module *>(object)     ? "module"
           : dynamic_cast<Executable *>(object) ? "graph that was made ready"
                                                : "graph"]++;
    }
    object->alive = false;
  }
  for (auto *memory : {&allocations, &pinned}) {
    for (auto at = memory->begin(); at != memory->end();) {
      if (at->second.context != context) {
        ++at;
        continue;
      }
      if (memory == &allocations) {
        left["allocation"]++;
        emulation_free(at->first);
      } else {
        left["piece of pinned memory"]++;
        free(reinterpret_cast<void *>(at->first));
      }
      at = memory->erase(at);
    }
  }
  for (auto &[what, count] : left) {
    // Of a device that is lost nothing can be given back one by one.
    if (context->lost == SUCCESS) {
      say("left", where.c_str(), std::to_string(count) + " of: " + what);
    }
  }
  device(context->device).taken = 0;
  device(context->device).primary = nullptr;
  context->alive = false;
}

}  // namespace

EXPORT int cuInit(unsigned flags) {
  Call call("cuInit");
  if (flags != 0) {
    return call.refuse(INVALID_VALUE, "flags are %u and must be 0", flags);
  }
  if (settings.init != SUCCESS) {
    return settings.init;
  }
  if (settings.devices == 0) {
    return NO_DEVICE;
  }
  if (!initialized) {
    fprintf(stderr, "stand-in: this libcuda.so.1 is a stand-in for tests; no figure taken with it is a GPU's\n");
  }
  initialized = true;
  return SUCCESS;
}

EXPORT int cuDriverGetVersion(int *version) {
  *version = settings.driver;
  return SUCCESS;
}

EXPORT int cuDeviceGetCount(int *count) {
  Call call("cuDeviceGetCount");
  *count = settings.devices;
  return initialized ? int(SUCCESS) : call.refuse(NOT_INITIALIZED, "cuInit was not called");
}

EXPORT int cuDeviceGet(int *handle, int ordinal) {
  Call call("cuDeviceGet");
  *handle = ordinal;
  return valid(call, ordinal);
}

EXPORT int cuDeviceGetName(char *name, int bytes, int ordinal) {
  Call call("cuDeviceGetName");
  if (bytes > 0) {
    snprintf(name, size_t(bytes), "stand-in for a GPU");
  }
  return valid(call, ordinal);
}

EXPORT int cuDeviceTotalMem_v2(size_t *bytes, int ordinal) {
  Call call("cuDeviceTotalMem");
  *bytes = settings.memory_mib << 20;
  return valid(call, ordinal);
}

EXPORT int cuDeviceGetAttribute(int *value, int attribute, int ordinal) {
  Call call("cuDeviceGetAttribute");
  int status = valid(call, ordinal);
  switch (attribute) {
    case THREADS_PER_BLOCK:
      *value = 1024;
      return status;
    case SHARED_PER_BLOCK:
      *value = 48 << 10;
      return status;
    case SHARED_PER_BLOCK_AT_MOST:
      *value = 227 << 10;
      return status;
    case WARP:
      *value = 32;
      return status;
    case PROCESSORS:
      *value = settings.processors;
      return status;
    case MAJOR:
      *value = settings.capability / 10;
      return status;
    case MINOR:
      *value = settings.capability % 10;
      return status;
    default:
      return call.refuse(INVALID_VALUE, "the stand-in does not know attribute %d", attribute);
  }
}

EXPORT int cuDevicePrimaryCtxRetain(Context **context, int ordinal) {
  Call call("cuDevicePrimaryCtxRetain");
  int status = valid(call, ordinal);
  if (status != SUCCESS) {
    return status;
  }
  Device &opened = device(ordinal);
  if (opened.broken != SUCCESS) {
    return call.refuse(opened.broken, "device %d is broken", ordinal);
  }
  if (opened.primary == nullptr) {
    opened.primary = made(new Context(ordinal));
    opened.primary->usual = made(new Stream(opened.primary));
  }
  opened.primary->users++;
  *context = opened.primary;
  return SUCCESS;
}

EXPORT int cuDevicePrimaryCtxRelease_v2(int ordinal) {
  Call call("cuDevicePrimaryCtxRelease");
  int status = valid(call, ordinal);
  if (status != SUCCESS) {
    return status;
  }
  Context *context = device(ordinal).primary;
  if (context == nullptr) {
    return call.refuse(INVALID_CONTEXT, "device %d is given back more often than it was opened", ordinal);
  }
  if (--context->users == 0) {
    end(context);
  }
  return SUCCESS;
}

EXPORT int cuCtxSetCurrent(void *handle) {
  Call call("cuCtxSetCurrent");
  if (handle == nullptr) {
    current = nullptr;
    return SUCCESS;
  }
  auto *context = call.known<Context>(handle, "context");
  if (context == nullptr) {
    return INVALID_CONTEXT;
  }
  current = context;
  return SUCCESS;
}

EXPORT int cuDeviceCanAccessPeer(int *can, int from, int to) {
  Call call("cuDeviceCanAccessPeer");
  int status = valid(call, from);
  *can = settings.peers && from != to;
  return status != SUCCESS ? status : valid(call, to);
}

EXPORT int cuCtxEnablePeerAccess(void *handle, unsigned flags) {
  Call call("cuCtxEnablePeerAccess");
  Context *context;
  int status = call.enter(&context);
  if (status != SUCCESS) {
    return status;
  }
  auto *peer = call.known<Context>(handle, "context");
  if (peer == nullptr) {
    return INVALID_CONTEXT;
  }
  if (flags != 0 || peer == context) {
    return call.refuse(peer == context ? INVALID_DEVICE : INVALID_VALUE, "a way to itself, or flags that are not 0");
  }
  if (!settings.peers) {
    return call.refuse(PEER_ACCESS_UNSUPPORTED, "these devices do not reach each other");
  }
  return context->reachable.insert(peer).second ? SUCCESS : PEER_ACCESS_ALREADY_ENABLED;
}
