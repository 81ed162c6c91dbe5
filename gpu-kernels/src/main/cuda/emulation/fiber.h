// Contexts switched by hand: a switch saves what a called function must preserve and nothing else. ucontext would ask the kernel for the signal mask
// each time, which is most of the time a small kernel takes.
#pragma once

#if !defined(__x86_64__) || !defined(__linux__)
#error "the emulation's fibers are written for Linux on x86-64"
#endif

// Leaves the running context in *from and goes on where `to` was left.
extern "C" void millrace_fiber_switch(void **from, void *to) __attribute__((visibility("hidden")));

asm(R"(
.text
.hidden millrace_fiber_switch
.globl millrace_fiber_switch
.type millrace_fiber_switch, @function
millrace_fiber_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size millrace_fiber_switch, .-millrace_fiber_switch
)");

// A context that will begin with `entry`, which must never return.
inline void *new_fiber(char *stack, unsigned long bytes, void (*entry)()) {
  auto top = reinterpret_cast<void **>(reinterpret_cast<unsigned long>(stack + bytes) & ~15ul);
  *--top = nullptr;  // where entry would return to: nowhere
  *--top = reinterpret_cast<void *>(entry);
  for (int i = 0; i < 6; i++) {
    *--top = nullptr;
  }
  return top;
}
