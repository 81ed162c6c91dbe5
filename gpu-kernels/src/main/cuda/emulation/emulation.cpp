#include "emulation.h"

#include <sys/mman.h>

#include <cstdio>
#include <map>
#include <mutex>
#include <numeric>
#include <string>
#include <vector>

#include "fiber.h"

namespace emulation {

Index thread_index, block_index, block_size, grid_size;

namespace {

constexpr int WARP = 32;
constexpr int WARPGROUP = 128;
constexpr unsigned THREADS_MAX = 1024;
constexpr size_t STACK_BYTES = 128 << 10;
constexpr size_t SHARED_BYTES = 48 << 10;
constexpr size_t GUARD_BYTES = 512;
// As a float, a half or a bfloat16 it is no number, and no kernel writes it by accident.
constexpr unsigned char POISON = 0xff;
constexpr unsigned char GUARD = 0xfd;
constexpr uint64_t STACK_MARK = 0x6d696c6c72616365;

// As the CUDA driver numbers them.
enum Status { OK = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NOT_FOUND = 500, ILLEGAL_ADDRESS = 700, LAUNCH_FAILED = 719 };

enum State { READY, AT_BLOCK_BARRIER, AT_WARP, DONE };

struct Thread {
  void *context;
  State state;
};

// Lanes that wait for each other: of a warp, or of a warpgroup.
template <int LANES>
struct Meeting {
  int arrived;
  void (*compute)(void *const *);
  void *operands[LANES];
};

struct Copy {
  void *to;
  const void *from;
  size_t bytes;
};

// Of one thread: groups that were ended, and the one that is open.
using Copies = std::vector<std::vector<Copy>>;

struct Kernel {
  void (*body)(const void *);
  size_t argument_bytes;
  unsigned threads_max;
};

std::map<std::string, Kernel> &kernels() {
  static std::map<std::string, Kernel> all;
  return all;
}

std::recursive_mutex one_at_a_time;
std::map<uint64_t, size_t> allocations;
std::string message;

// The block that runs.
char *stacks;
Thread threads[THREADS_MAX];
Meeting<WARP> warps[THREADS_MAX / WARP];
Meeting<WARPGROUP> warpgroups[THREADS_MAX / WARPGROUP];
Copies copies[THREADS_MAX];
alignas(128) unsigned char shared[SHARED_BYTES + GUARD_BYTES];
size_t shared_used;
unsigned running, thread_count;
void *scheduler;
const Kernel *kernel;
const void *arguments;
std::string fault;

void to_scheduler() { millrace_fiber_switch(&threads[running].context, scheduler); }

void thread_main() {
  kernel->body(arguments);
  threads[running].state = DONE;
  to_scheduler();
}

// The i-th to run of n: upwards, downwards, or scattered.
unsigned place(int order, unsigned i, unsigned n) {
  switch (order) {
    case 0:
      return i;
    case 1:
      return n - 1 - i;
    default: {
      // Coprime to n, so that all have their turn.
      unsigned stride = 7;
      while (std::gcd(stride, n) != 1) {
        stride++;
      }
      return unsigned((uint64_t(i) * stride + 3) % n);
    }
  }
}

void resume(unsigned thread) {
  running = thread;
  thread_index = {thread, 0, 0};
  millrace_fiber_switch(&scheduler, threads[thread].context);
}

// Runs a warp's lanes until none of them can go on.
void run_warp(int order, unsigned warp) {
  bool progress = true;
  while (progress && fault.empty()) {
    progress = false;
    for (unsigned i = 0; i < WARP && fault.empty(); i++) {
      unsigned thread = warp * WARP + place(order, i, WARP);
      if (threads[thread].state == READY) {
        resume(thread);
        progress = true;
      }
    }
  }
}

int count(State state) {
  int n = 0;
  for (unsigned i = 0; i < thread_count; i++) {
    n += threads[i].state == state;
  }
  return n;
}

void check_block_end() {
  for (size_t i = shared_used; i < shared_used + GUARD_BYTES; i++) {
    if (shared[i] != GUARD) {
      fault = "the block wrote behind its shared memory";
    }
  }
  for (unsigned i = 0; i < thread_count; i++) {
    if (*reinterpret_cast<uint64_t *>(stacks + i * STACK_BYTES) != STACK_MARK) {
      fault = "a thread's stack is too small for the emulation";
    }
  }
}

void run_block(int order) {
  memset(shared, GUARD, GUARD_BYTES);
  shared_used = 0;
  for (unsigned i = 0; i < thread_count; i++) {
    char *stack = stacks + i * STACK_BYTES;
    *reinterpret_cast<uint64_t *>(stack) = STACK_MARK;
    threads[i] = {new_fiber(stack, STACK_BYTES, thread_main), READY};
    copies[i].assign(1, {});
  }
  unsigned warp_count = thread_count / WARP;
  for (unsigned i = 0; i < warp_count; i++) {
    warps[i].arrived = warpgroups[i * WARP / WARPGROUP].arrived = 0;
  }
  while (fault.empty()) {
    for (unsigned i = 0; i < warp_count && fault.empty(); i++) {
      run_warp(order, place(order, i, warp_count));
    }
    unsigned done = count(DONE);
    if (done == thread_count || !fault.empty()) {
      break;
    }
    if (count(READY) > 0) {
      continue;  // a warp released others that had had their turn
    }
    unsigned waiting = count(AT_BLOCK_BARRIER);
    if (waiting + done != thread_count || done > 0) {
      char text[160];
      snprintf(text, sizeof text, "%u threads wait at __syncthreads, %d for their warp, %u have returned: they wait for ever", waiting, count(AT_WARP), done);
      fault = text;
      break;
    }
    for (unsigned i = 0; i < thread_count; i++) {
      threads[i].state = READY;
    }
  }
  if (fault.empty()) {
    check_block_end();
  }
}

bool whole(const unsigned char *guard) {
  for (size_t i = 0; i < GUARD_BYTES; i++) {
    if (guard[i] != GUARD) {
      return false;
    }
  }
  return true;
}

// What lies around each allocation must be as it was.
bool guards_hold(const char *who) {
  for (auto [address, bytes] : allocations) {
    auto memory = reinterpret_cast<unsigned char *>(address);
    bool before = whole(memory - GUARD_BYTES), behind = whole(memory + bytes);
    if (!before || !behind) {
      char text[200];
      snprintf(text, sizeof text, "%s wrote %s an allocation of %zu bytes", who, before ? "behind" : "before", bytes);
      message = text;
      return false;
    }
  }
  return true;
}

// Whether all of it lies in one allocation.
bool allocated(uint64_t address, size_t bytes) {
  auto next = allocations.upper_bound(address);
  if (next == allocations.begin()) {
    return false;
  }
  --next;
  return address + bytes <= next->first + next->second;
}

int refuse(Status status, const std::string &why) {
  message = why;
  return status;
}

int run_grid(const char *name, int order) {
  uint64_t blocks = uint64_t(grid_size.x) * grid_size.y * grid_size.z;
  for (uint64_t i = 0; i < blocks; i++) {
    unsigned block = place(order, unsigned(i), unsigned(blocks));
    block_index = {block % grid_size.x, block / grid_size.x % grid_size.y, block / grid_size.x / grid_size.y};
    run_block(order);
    if (!fault.empty()) {
      return refuse(LAUNCH_FAILED, std::string(name) + ", " + fault);
    }
  }
  return guards_hold(name) ? OK : ILLEGAL_ADDRESS;
}

}  // namespace

void block_barrier() {
  threads[running].state = AT_BLOCK_BARRIER;
  to_scheduler();
}

// Gives the block up: its fibers are not run again.
void fail(const std::string &why) {
  if (fault.empty()) {
    char where[160];
    snprintf(where, sizeof where, "thread %u of block (%u, %u, %u): ", running, block_index.x, block_index.y, block_index.z);
    fault = where + why;
  }
  to_scheduler();
}

// The last lane to arrive computes for all.
template <int LANES>
static void together(Meeting<LANES> *meetings, void (*compute)(void *const *), void *operands) {
  unsigned first = running / LANES * LANES;
  Meeting<LANES> &meeting = meetings[running / LANES];
  if (meeting.arrived > 0 && meeting.compute != compute) {
    fail("lanes of one warp are at different operations of the warp");
  }
  meeting.compute = compute;
  meeting.operands[running % LANES] = operands;
  if (++meeting.arrived < LANES) {
    threads[running].state = AT_WARP;
    to_scheduler();
    return;
  }
  compute(meeting.operands);
  meeting.arrived = 0;
  for (unsigned lane = 0; lane < LANES; lane++) {
    threads[first + lane].state = READY;
  }
}

void warp_together(void (*compute)(void *const *), void *operands) { together(warps, compute, operands); }

void warpgroup_together(void (*compute)(void *const *), void *operands) { together(warpgroups, compute, operands); }

void copy_later(void *to, const void *from, size_t bytes) {
  if (reinterpret_cast<uint64_t>(to) % bytes != 0 || reinterpret_cast<uint64_t>(from) % bytes != 0) {
    fail("a copy whose addresses are no multiples of its size");
  }
  copies[running].back().push_back({to, from, bytes});
}

void copies_end() { copies[running].emplace_back(); }

void copies_wait(int newest) {
  Copies &mine = copies[running];
  while (mine.size() > size_t(newest) + 1) {
    for (const Copy &copy : mine.front()) {
      memcpy(copy.to, copy.from, copy.bytes);
    }
    mine.erase(mine.begin());
  }
}

void fetch_ahead(const void *from, int64_t bytes) {
  auto address = reinterpret_cast<uint64_t>(from);
  if (bytes < 0 || address % (bytes > 0 ? 16 : 1) != 0 || bytes % 16 != 0 || !allocated(address, size_t(bytes))) {
    fail("asks ahead for what is no memory of its own, or no multiple of 16 bytes");
  }
}

uint64_t shared_address(const void *there) { return uint64_t(static_cast<const unsigned char *>(there) - shared); }

const void *shared_at(uint64_t address) {
  if (address >= shared_used) {
    fail("a product reads behind the block's shared memory");
  }
  return shared + address;
}

void *shared_memory(size_t bytes) {
  if (bytes > SHARED_BYTES) {
    fail("a block asks for more shared memory than a device has without being asked specially");
  }
  if (shared_used == 0) {
    memset(shared, POISON, bytes);
    memset(shared + bytes, GUARD, GUARD_BYTES);
    shared_used = bytes;
  }
  return shared;
}

Registration::Registration(const char *name, void (*body)(const void *), size_t argument_bytes, unsigned threads_max) {
  kernels()[name] = {body, argument_bytes, threads_max};
}

}  // namespace emulation

// What the compiler has the kernels' code check as it runs (build-kernels.sh says what): of each an error, where a device would stop or compute nonsense.
namespace {

struct Place {
  const char *file;
  unsigned line, column;
};

void broken(const char *what, const void *place) {
  auto at = static_cast<const Place *>(place);
  emulation::fail(std::string(what) + ", in " + at->file + " line " + std::to_string(at->line));
}

}  // namespace

extern "C" {
void __ubsan_handle_type_mismatch_v1(void *place, void *) { broken("an access at an address that is no multiple of its size", place); }
void __ubsan_handle_out_of_bounds(void *place, void *) { broken("an index outside of its array", place); }
void __ubsan_handle_shift_out_of_bounds(void *place, void *, void *) { broken("a shift by more bits than there are", place); }
void __ubsan_handle_add_overflow(void *place, void *, void *) { broken("a sum that is no int", place); }
void __ubsan_handle_sub_overflow(void *place, void *, void *) { broken("a difference that is no int", place); }
void __ubsan_handle_mul_overflow(void *place, void *, void *) { broken("a product that is no int", place); }
void __ubsan_handle_divrem_overflow(void *place, void *, void *) { broken("a division that has no result", place); }
}

// What Java calls. Every function answers with a status as the CUDA driver numbers them; emulation_message says more.
#define EXPORT extern "C" __attribute__((visibility("default")))
using namespace emulation;
using Lock = std::lock_guard<std::recursive_mutex>;

EXPORT const char *emulation_message() { return message.c_str(); }

EXPORT int emulation_allocate(size_t bytes, uint64_t *address) {
  Lock lock(one_at_a_time);
  if (bytes == 0) {
    return refuse(INVALID_VALUE, "an allocation of nothing");
  }
  size_t padded = (bytes + 2 * GUARD_BYTES + 255) / 256 * 256;
  auto memory = static_cast<unsigned char *>(aligned_alloc(256, padded));
  if (memory == nullptr) {
    return refuse(OUT_OF_MEMORY, "the host has no more memory");
  }
  memset(memory, GUARD, padded);
  memset(memory + GUARD_BYTES, POISON, bytes);
  *address = reinterpret_cast<uint64_t>(memory + GUARD_BYTES);
  allocations[*address] = bytes;
  return OK;
}

EXPORT int emulation_free(uint64_t address) {
  Lock lock(one_at_a_time);
  auto found = allocations.find(address);
  if (found == allocations.end()) {
    return refuse(INVALID_VALUE, "freed what is not allocated");
  }
  allocations.erase(found);
  free(reinterpret_cast<unsigned char *>(address) - GUARD_BYTES);
  return OK;
}

EXPORT int emulation_upload(uint64_t to, const void *from, size_t bytes) {
  Lock lock(one_at_a_time);
  if (!allocated(to, bytes)) {
    return refuse(ILLEGAL_ADDRESS, "an upload outside of an allocation");
  }
  memcpy(reinterpret_cast<void *>(to), from, bytes);
  return OK;
}

EXPORT int emulation_download(uint64_t from, void *to, size_t bytes) {
  Lock lock(one_at_a_time);
  if (!allocated(from, bytes)) {
    return refuse(ILLEGAL_ADDRESS, "a download from outside of an allocation");
  }
  memcpy(to, reinterpret_cast<void *>(from), bytes);
  return OK;
}

EXPORT int emulation_copy(uint64_t from, uint64_t to, size_t bytes) {
  Lock lock(one_at_a_time);
  if (!allocated(from, bytes) || !allocated(to, bytes)) {
    return refuse(ILLEGAL_ADDRESS, "a copy outside of an allocation");
  }
  memmove(reinterpret_cast<void *>(to), reinterpret_cast<void *>(from), bytes);
  return OK;
}

EXPORT int emulation_fill(uint64_t to, int value, size_t bytes) {
  Lock lock(one_at_a_time);
  if (!allocated(to, bytes)) {
    return refuse(ILLEGAL_ADDRESS, "a fill outside of an allocation");
  }
  memset(reinterpret_cast<void *>(to), value, bytes);
  return OK;
}

EXPORT const void *emulation_kernel(const char *name) {
  auto found = kernels().find(name);
  return found == kernels().end() ? nullptr : &*found;
}

EXPORT size_t emulation_argument_bytes(const void *which) { return static_cast<const std::pair<const std::string, Kernel> *>(which)->second.argument_bytes; }

// order: 0 upwards, 1 downwards, 2 scattered; of the threads in a block and of the blocks.
EXPORT int emulation_launch(const void *which, unsigned x, unsigned y, unsigned z, unsigned block, int order, const void *args, size_t bytes) {
  Lock lock(one_at_a_time);
  auto &entry = *static_cast<const std::pair<const std::string, Kernel> *>(which);
  if (entry.second.argument_bytes != bytes) {
    char text[200];
    snprintf(text, sizeof text, "%s takes %zu bytes of arguments, not %zu", entry.first.c_str(), entry.second.argument_bytes, bytes);
    return refuse(INVALID_VALUE, text);
  }
  if (block % WARP != 0 || block == 0 || block > THREADS_MAX || x == 0 || y == 0 || z == 0 || y > 65535 || z > 65535) {
    return refuse(INVALID_VALUE, entry.first + " is launched with a size that no device allows, or blocks of no whole number of warps");
  }
  if (block > entry.second.threads_max) {
    char text[200];
    snprintf(text, sizeof text, "%s was compiled for blocks of %u threads, not %u", entry.first.c_str(), entry.second.threads_max, block);
    return refuse(INVALID_VALUE, text);
  }
  if (stacks == nullptr) {
    void *memory = mmap(nullptr, THREADS_MAX * STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
      return refuse(OUT_OF_MEMORY, "no memory for the threads' stacks");
    }
    stacks = static_cast<char *>(memory);
  }
  kernel = &entry.second;
  arguments = args;
  fault.clear();
  grid_size = {x, y, z};
  block_size = {block, 1, 1};
  thread_count = block;
  return run_grid(entry.first.c_str(), order);
}
