// Modules, their kernels, and running these.
#include <cstring>

#include "state.h"

using namespace standin;

namespace {

constexpr unsigned BLOCKS_MAX = 0x7fffffff, OTHER_BLOCKS_MAX = 65535, THREADS_MAX = 1024, REGISTERS = 65536;
constexpr size_t SHARED_BYTES = 48 << 10;

struct Launch {
  Function *function;
  unsigned x, y, z, threads;
  std::vector<uint64_t> arguments;
};

// A word of the arguments that is an address of memory which the device does not reach.
const Allocation *foreign(const Launch &launch, Context *context) {
  for (uint64_t word : launch.arguments) {
    auto next = allocations.upper_bound(word);
    if (next != allocations.begin()) {
      --next;
      if (word < next->first + next->second.bytes && next->second.context != context) {
        return &next->second;
      }
    }
  }
  return nullptr;
}

int run(const Launch &launch) {
  Context *context = launch.function->context;
  const char *name = launch.function->name.c_str();
  obey();
  if (settings.fail_launch > 0 && context->device == settings.fail_device && --settings.fail_launch == 0) {
    say("lost as told", name, "device " + std::to_string(context->device) + ", status " + std::to_string(settings.fail_status));
    return settings.fail_status;
  }
  if (!launch.function->module->alive) {
    say("refused", name, "its module was unloaded before it ran");
    return ILLEGAL_ADDRESS;
  }
  if (const Allocation *of = foreign(launch, context)) {
    say("refused", name, "an argument is memory of device " + std::to_string(of->context->device));
    return ILLEGAL_ADDRESS;
  }
  int status = emulation_launch(
      launch.function->emulated, launch.x, launch.y, launch.z, launch.threads, settings.order, launch.arguments.data(), launch.function->facts.argument_bytes);
  if (status != SUCCESS) {
    say("refused", name, emulation_message());
  }
  return status;
}

// What a device checks before it starts anything.
int check(Call &call, const Launch &launch, unsigned block_y, unsigned block_z, size_t more_shared) {
  const KernelFacts &facts = launch.function->facts;
  const char *name = launch.function->name.c_str();
  if (launch.x == 0 || launch.y == 0 || launch.z == 0 || launch.x > BLOCKS_MAX || launch.y > OTHER_BLOCKS_MAX || launch.z > OTHER_BLOCKS_MAX) {
    return call.refuse(INVALID_VALUE, "%s on a grid of %u x %u x %u", name, launch.x, launch.y, launch.z);
  }
  if (launch.threads == 0 || launch.threads > facts.threads_max || launch.threads > THREADS_MAX) {
    return call.refuse(INVALID_VALUE, "%s with blocks of %u threads, of which it takes %u", name, launch.threads, facts.threads_max);
  }
  if (block_y != 1 || block_z != 1 || launch.threads % 32 != 0) {
    return call.refuse(NOT_SUPPORTED, "%s with blocks that are no whole number of warps in a row", name);
  }
  if (facts.shared_bytes + more_shared > SHARED_BYTES) {
    return call.refuse(INVALID_VALUE, "%s with %zu bytes of shared memory and %zu more, without being allowed to", name, facts.shared_bytes, more_shared);
  }
  // Registers are given to warps eight a thread at a time.
  if (size_t((facts.registers + 7) / 8 * 8) * launch.threads > REGISTERS) {
    return call.refuse(LAUNCH_OUT_OF_RESOURCES, "%s with %u threads of %u registers", name, launch.threads, facts.registers);
  }
  return SUCCESS;
}

}  // namespace

EXPORT int cuModuleLoadData(void **handle, const void *image) {
  Call call("cuModuleLoadData");
  Context *context;
  int status = call.enter_uncaptured(&context);
  if (status != SUCCESS) {
    return status;
  }
  std::map<std::string, KernelFacts> kernels;
  status = read_image(call, image, &kernels);
  if (status != SUCCESS) {
    return status;
  }
  for (auto &[name, facts] : kernels) {
    const void *emulated = emulation_kernel(name.c_str());
    if (emulated != nullptr && emulation_argument_bytes(emulated) != facts.argument_bytes) {
      return call.refuse(INVALID_IMAGE, "%s takes %zu bytes by the image and %zu by the sources", name.c_str(), facts.argument_bytes,
                         emulation_argument_bytes(emulated));
    }
  }
  auto *module = made(new Module(context));
  module->kernels = std::move(kernels);
  *handle = static_cast<Object *>(module);
  return SUCCESS;
}

EXPORT int cuModuleUnload(void *handle) {
  Call call("cuModuleUnload");
  Context *context;
  int status = call.enter_uncaptured(&context);
  auto *module = status == SUCCESS ? call.of<Module>(handle, "module", context) : nullptr;
  if (module == nullptr) {
    return status != SUCCESS ? status : INVALID_HANDLE;
  }
  for (Object *object : left_of(context)) {
    auto *function = dynamic_cast<Function *>(object);
    if (function != nullptr && function->module == module) {
      function->alive = false;
    }
  }
  module->alive = false;
  return SUCCESS;
}

EXPORT int cuModuleGetFunction(void **handle, void *module_handle, const char *name) {
  Call call("cuModuleGetFunction");
  Context *context;
  int status = call.enter(&context);
  auto *module = status == SUCCESS ? call.of<Module>(module_handle, "module", context) : nullptr;
  if (module == nullptr) {
    return status != SUCCESS ? status : INVALID_HANDLE;
  }
  auto found = module->kernels.find(name);
  if (found == module->kernels.end()) {
    return NOT_FOUND;
  }
  const void *emulated = emulation_kernel(name);
  if (emulated == nullptr) {
    return call.refuse(NOT_SUPPORTED, "the emulated device has no kernel %s", name);
  }
  auto *function = made(new Function(context));
  function->module = module;
  function->name = name;
  function->facts = found->second;
  function->emulated = emulated;
  *handle = static_cast<Object *>(function);
  return SUCCESS;
}

EXPORT int cuLaunchKernel(void *function_handle, unsigned x, unsigned y, unsigned z, unsigned threads, unsigned block_y, unsigned block_z, unsigned shared_bytes,
                          void *stream_handle, void **parameters, void **extra) {
  Call call("cuLaunchKernel");
  Context *context;
  int status = call.enter(&context);
  auto *function = status == SUCCESS ? call.of<Function>(function_handle, "kernel", context) : nullptr;
  Stream *stream = function != nullptr ? stream_of(call, stream_handle, context) : nullptr;
  if (stream == nullptr) {
    return status != SUCCESS ? status : INVALID_HANDLE;
  }
  Launch launch = {function, x, y, z, threads, {}};
  status = check(call, launch, block_y, block_z, shared_bytes);
  if (status != SUCCESS) {
    return status;
  }
  if (extra != nullptr || parameters == nullptr || parameters[0] == nullptr) {
    return call.refuse(INVALID_VALUE, "%s without its one argument", function->name.c_str());
  }
  launch.arguments.resize((function->facts.argument_bytes + 7) / 8);
  memcpy(launch.arguments.data(), parameters[0], function->facts.argument_bytes);
  return ask(call, stream, [launch] { return run(launch); });
}
