// What a module's image says of its kernels: PTX as text, machine code as an ELF file.
#include <elf.h>

#include <cstdlib>
#include <cstring>

#include "state.h"

namespace standin {

namespace {

using Kernels = std::map<std::string, KernelFacts>;

constexpr unsigned MACHINE_CUDA = 190;
// Of each block Hopper's system keeps so much of the shared memory for itself; machine code counts it in.
constexpr size_t SYSTEM_SHARED_BYTES = 1024;

// The number behind a word in a text, from a position on; -1 where the word is not there.
long number_behind(const std::string &text, const char *word, size_t from = 0) {
  size_t at = text.find(word, from);
  return at == std::string::npos ? -1 : strtol(text.c_str() + at + strlen(word), nullptr, 10);
}

// The declaration of a kernel: its name, its parameters, and what goes before its body.
KernelFacts declared(const std::string &head) {
  KernelFacts facts;
  size_t bracket = head.find('[');
  facts.argument_bytes = bracket == std::string::npos ? 0 : size_t(strtol(head.c_str() + bracket + 1, nullptr, 10));
  long threads = number_behind(head, ".maxntid ");
  if (threads > 0) {
    facts.threads_max = unsigned(threads);
  }
  return facts;
}

// All that a kernel's body keeps in shared memory.
size_t shared_bytes(const std::string &body) {
  size_t bytes = 0, at = 0;
  while ((at = body.find("\t.shared .align", at)) != std::string::npos) {
    bytes += size_t(number_behind(body, "[", at));
    at++;
  }
  return bytes;
}

int read_ptx(Call &call, const char *image, Kernels *kernels) {
  std::string text(image);
  long version = number_behind(text, "\n.version "), target = number_behind(text, "\n.target sm_");
  if (version < 0 || target < 0) {
    return call.refuse(INVALID_IMAGE, "the image is neither PTX nor machine code");
  }
  // Version 9 of PTX came with CUDA 13.
  if (version > settings.driver / 1000 - 4) {
    return call.refuse(UNSUPPORTED_PTX_VERSION, "PTX %ld is newer than the driver", version);
  }
  if (target > settings.capability) {
    return call.refuse(NO_BINARY_FOR_GPU, "PTX for capability %ld on a device of %d", target, settings.capability);
  }
  const std::string entry = ".visible .entry ";
  for (size_t at = text.find(entry); at != std::string::npos; at = text.find(entry, at + 1)) {
    size_t name = at + entry.size(), body = text.find("\n{", at), end = text.find("\n}", body);
    KernelFacts facts = declared(text.substr(at, body - at));
    facts.shared_bytes = shared_bytes(text.substr(body, end - body));
    (*kernels)[text.substr(name, text.find('(', name) - name)] = facts;
  }
  return SUCCESS;
}

// Entries of a section .nv.info: what they are, and their value.
template <typename Each>
void each_fact(const char *from, const char *end, Each each) {
  constexpr int LONG_VALUE = 4;
  while (from + 4 <= end) {
    uint16_t size;
    memcpy(&size, from + 2, sizeof size);
    bool is_long = from[0] == LONG_VALUE;
    each(int(static_cast<unsigned char>(from[1])), is_long ? from + 4 : from + 2);
    from += is_long ? 4 + size : 4;
  }
}

uint32_t word(const char *at) {
  uint32_t value;
  memcpy(&value, at, sizeof value);
  return value;
}

int read_machine_code(Call &call, const char *image, Kernels *kernels) {
  enum Fact { MAX_THREADS = 0x05, ARGUMENT_BYTES = 0x19, REGISTERS = 0x2f };
  auto header = reinterpret_cast<const Elf64_Ehdr *>(image);
  int capability = int(header->e_flags >> 8 & 0xff);
  if (header->e_machine != MACHINE_CUDA) {
    return call.refuse(INVALID_IMAGE, "machine code for another kind of machine");
  }
  if (capability != settings.capability) {
    return call.refuse(NO_BINARY_FOR_GPU, "machine code for capability %d on a device of %d", capability, settings.capability);
  }
  auto sections = reinterpret_cast<const Elf64_Shdr *>(image + header->e_shoff);
  const char *names = image + sections[header->e_shstrndx].sh_offset;
  const Elf64_Shdr *symbols = nullptr, *common = nullptr;
  for (int i = 0; i < header->e_shnum; i++) {
    std::string name = names + sections[i].sh_name;
    const char *from = image + sections[i].sh_offset, *end = from + sections[i].sh_size;
    if (name == ".nv.info") {
      common = &sections[i];
    } else if (name == ".symtab") {
      symbols = &sections[i];
    } else if (name.rfind(".nv.shared.", 0) == 0) {
      (*kernels)[name.substr(strlen(".nv.shared."))].shared_bytes = sections[i].sh_size - SYSTEM_SHARED_BYTES;
    } else if (name.rfind(".nv.info.", 0) == 0) {
      KernelFacts &facts = (*kernels)[name.substr(strlen(".nv.info."))];
      each_fact(from, end, [&](int fact, const char *value) {
        if (fact == MAX_THREADS) {
          facts.threads_max = word(value);
        } else if (fact == ARGUMENT_BYTES) {
          facts.argument_bytes = word(value) & 0xffff;
        }
      });
    }
  }
  if (symbols == nullptr || common == nullptr) {
    return call.refuse(INVALID_IMAGE, "machine code that names no kernels");
  }
  auto table = reinterpret_cast<const Elf64_Sym *>(image + symbols->sh_offset);
  const char *strings = image + sections[symbols->sh_link].sh_offset;
  const char *from = image + common->sh_offset;
  each_fact(from, from + common->sh_size, [&](int fact, const char *value) {
    auto kernel = fact == REGISTERS ? kernels->find(strings + table[word(value)].st_name) : kernels->end();
    if (kernel != kernels->end()) {
      kernel->second.registers = word(value + 4);
    }
  });
  return SUCCESS;
}

}  // namespace

int read_image(Call &call, const void *image, Kernels *kernels) {
  auto bytes = static_cast<const char *>(image);
  return memcmp(bytes, ELFMAG, SELFMAG) == 0 ? read_machine_code(call, bytes, kernels) : read_ptx(call, bytes, kernels);
}

}  // namespace standin
