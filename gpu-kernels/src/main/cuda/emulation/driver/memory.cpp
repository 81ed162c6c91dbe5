// Memory of devices and of the host, and copies between them.
#include <cstdlib>
#include <cstring>

#include "state.h"

using namespace standin;

namespace {

constexpr size_t GRANULE = 512;
constexpr unsigned char POISON = 0xff;

size_t granules(size_t bytes) { return (bytes + GRANULE - 1) / GRANULE * GRANULE; }

// The allocation in which all of it lies; null where none has it.
const Allocation *around(const std::map<uint64_t, Allocation> &memory, uint64_t address, size_t bytes) {
  auto next = memory.upper_bound(address);
  if (next == memory.begin()) {
    return nullptr;
  }
  --next;
  return address + bytes <= next->first + next->second.bytes ? &next->second : nullptr;
}

// Where a copy may go to or come from: memory of the context's own device.
bool owned(Call &call, uint64_t address, size_t bytes, Context *context) {
  const Allocation *found = around(allocations, address, bytes);
  if (found == nullptr) {
    call.refuse(INVALID_VALUE, "%zu bytes at %#lx are in no allocation", bytes, address);
    return false;
  }
  if (found->context != context) {
    call.refuse(INVALID_VALUE, "the memory at %#lx is device %d's, the thread's context is device %d's", address, found->context->device, context->device);
    return false;
  }
  return true;
}

bool is_pinned(const void *host, size_t bytes) { return around(pinned, reinterpret_cast<uint64_t>(host), bytes) != nullptr; }

}  // namespace

EXPORT int cuMemGetInfo_v2(size_t *free_bytes, size_t *bytes) {
  Call call("cuMemGetInfo");
  Context *context;
  int status = call.enter(&context);
  if (status == SUCCESS) {
    *bytes = settings.memory_mib << 20;
    size_t taken = device(context->device).taken;
    *free_bytes = taken < *bytes ? *bytes - taken : 0;
  }
  return status;
}

EXPORT int cuMemAlloc_v2(uint64_t *address, size_t bytes) {
  Call call("cuMemAlloc");
  Context *context;
  int status = call.enter_uncaptured(&context);
  if (status != SUCCESS) {
    return status;
  }
  if (bytes == 0) {
    return call.refuse(INVALID_VALUE, "an allocation of nothing");
  }
  Device &of = device(context->device);
  bool told = settings.fail_allocation > 0 && --settings.fail_allocation == 0;
  if (told || of.taken + granules(bytes) > settings.memory_mib << 20) {
    return OUT_OF_MEMORY;
  }
  status = emulation_allocate(bytes, address);
  if (status == SUCCESS) {
    of.taken += granules(bytes);
    allocations[*address] = {context, bytes};
  }
  return status;
}

EXPORT int cuMemFree_v2(uint64_t address) {
  Call call("cuMemFree");
  Context *context;
  int status = call.enter_uncaptured(&context);
  if (status != SUCCESS) {
    return status;
  }
  auto found = allocations.find(address);
  if (found == allocations.end()) {
    return call.refuse(INVALID_VALUE, "%#lx is not allocated, or not any more", address);
  }
  if (found->second.context != context) {
    return call.refuse(INVALID_VALUE, "the memory is device %d's, the thread's context is device %d's", found->second.context->device, context->device);
  }
  run_all(context);
  device(context->device).taken -= granules(found->second.bytes);
  allocations.erase(found);
  return emulation_free(address);
}

EXPORT int cuMemHostAlloc(void **host, size_t bytes, unsigned) {
  Call call("cuMemHostAlloc");
  Context *context;
  int status = call.enter_uncaptured(&context);
  if (status != SUCCESS) {
    return status;
  }
  *host = bytes == 0 ? nullptr : aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
  if (*host == nullptr) {
    return call.refuse(bytes == 0 ? INVALID_VALUE : OUT_OF_MEMORY, "no %zu bytes of pinned memory", bytes);
  }
  memset(*host, POISON, bytes);
  pinned[reinterpret_cast<uint64_t>(*host)] = {context, bytes};
  return SUCCESS;
}

EXPORT int cuMemFreeHost(void *host) {
  Call call("cuMemFreeHost");
  Context *context;
  int status = call.enter_uncaptured(&context);
  if (status != SUCCESS) {
    return status;
  }
  auto found = pinned.find(reinterpret_cast<uint64_t>(host));
  if (found == pinned.end()) {
    return call.refuse(INVALID_VALUE, "%p is not pinned, or not any more", host);
  }
  run_all(found->second.context);
  pinned.erase(found);
  free(host);
  return SUCCESS;
}

EXPORT int cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t bytes, void *handle) {
  Call call("cuMemcpyHtoDAsync");
  Context *context;
  int status = call.enter(&context);
  Stream *stream = status == SUCCESS ? stream_of(call, handle, context) : nullptr;
  if (stream == nullptr) {
    return status != SUCCESS ? status : INVALID_HANDLE;
  }
  if (from == nullptr || !owned(call, to, bytes, context)) {
    return INVALID_VALUE;
  }
  if (is_pinned(from, bytes)) {
    return ask(call, stream, [=] { return emulation_upload(to, from, bytes); });
  }
  call.note("%zu bytes of memory that is not pinned", bytes);
  if (stream->capture != nullptr) {
    return call.refuse(CAPTURE_UNSUPPORTED, "a copy of memory that is not pinned cannot be written down");
  }
  auto copy = std::make_shared<std::vector<char>>(static_cast<const char *>(from), static_cast<const char *>(from) + bytes);
  return ask(call, stream, [=] { return emulation_upload(to, copy->data(), bytes); });
}

EXPORT int cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t bytes, void *handle) {
  Call call("cuMemcpyDtoHAsync");
  Context *context;
  int status = call.enter(&context);
  Stream *stream = status == SUCCESS ? stream_of(call, handle, context) : nullptr;
  if (stream == nullptr) {
    return status != SUCCESS ? status : INVALID_HANDLE;
  }
  if (to == nullptr || !owned(call, from, bytes, context)) {
    return INVALID_VALUE;
  }
  if (!is_pinned(to, bytes)) {
    call.note("%zu bytes to memory that is not pinned", bytes);
    if (stream->capture != nullptr) {
      return call.refuse(CAPTURE_UNSUPPORTED, "a copy to memory that is not pinned cannot be written down");
    }
  }
  status = ask(call, stream, [=] { return emulation_download(from, to, bytes); });
  if (status == SUCCESS && !is_pinned(to, bytes)) {
    run_to(stream, stream->asked_count);
    return context->lost;
  }
  return status;
}

EXPORT int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, void *handle) {
  Call call("cuMemcpyDtoDAsync");
  Context *context;
  int status = call.enter(&context);
  Stream *stream = status == SUCCESS ? stream_of(call, handle, context) : nullptr;
  if (stream == nullptr) {
    return status != SUCCESS ? status : INVALID_HANDLE;
  }
  if (!owned(call, to, bytes, context) || !owned(call, from, bytes, context)) {
    return INVALID_VALUE;
  }
  return ask(call, stream, [=] { return emulation_copy(from, to, bytes); });
}

EXPORT int cuMemcpyPeerAsync(uint64_t to, void *to_context, uint64_t from, void *from_context, size_t bytes, void *handle) {
  Call call("cuMemcpyPeerAsync");
  Context *context;
  int status = call.enter(&context);
  Stream *stream = status == SUCCESS ? stream_of(call, handle, context) : nullptr;
  if (stream == nullptr) {
    return status != SUCCESS ? status : INVALID_HANDLE;
  }
  auto *target = call.known<Context>(to_context, "context");
  auto *source = call.known<Context>(from_context, "context");
  if (target == nullptr || source == nullptr) {
    return INVALID_CONTEXT;
  }
  if (!owned(call, to, bytes, target) || !owned(call, from, bytes, source)) {
    return INVALID_VALUE;
  }
  return ask(call, stream, [=] { return emulation_copy(from, to, bytes); });
}

EXPORT int cuMemsetD8Async(uint64_t to, unsigned char value, size_t bytes, void *handle) {
  Call call("cuMemsetD8Async");
  Context *context;
  int status = call.enter(&context);
  Stream *stream = status == SUCCESS ? stream_of(call, handle, context) : nullptr;
  if (stream == nullptr) {
    return status != SUCCESS ? status : INVALID_HANDLE;
  }
  if (!owned(call, to, bytes, context)) {
    return INVALID_VALUE;
  }
  return ask(call, stream, [=] { return emulation_fill(to, value, bytes); });
}
