#include "server/command/process.h"

#include <malloc.h>
#include <pthread.h>

#include <initializer_list>
#include <mutex>
#include <new>

namespace varde::command {
namespace {

constexpr int kLargeBlock = 1 << 20;            // from this size on a block is the system's again once it is freed
constexpr int kArenas = 8;                      // freed memory is spread over as many pools
constexpr std::size_t kFreeMemory = 64u << 20;  // less than that is kept for the next requests

/// The C library loads what it unwinds its own frames with when an exception first passes one (std::call_once), and
/// ends the process where there is no memory for that: so it passes one now.
void load_unwinder() {
  std::once_flag once;
  try {
    std::call_once(once, [] { throw std::bad_alloc(); });
  } catch (const std::bad_alloc&) {
  }
}

}  // namespace

sigset_t prepare_process() {
  load_unwinder();
  ::mallopt(M_MMAP_THRESHOLD, kLargeBlock);
  ::mallopt(M_ARENA_MAX, kArenas);
  for (const int signal : {SIGPIPE, SIGXFSZ}) std::signal(signal, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void give_back_memory() {
  if (::mallinfo2().fordblks > kFreeMemory) ::malloc_trim(0);
}

}  // namespace varde::command
