#include "server/command/process.h"

#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <initializer_list>
#include <mutex>
#include <new>

namespace varde::command {
namespace {

constexpr int kLargeBlock = 1 << 20;  // from this size on a block is the system's again once it is freed
constexpr int kArenas = 8;            // freed memory is spread over as many pools
constexpr rlim_t kOtherFiles = 512;   // of the store, of messages, of fetches
constexpr std::size_t kFewConnections = 64;
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

/// A login shell grants 1,024 descriptors at first and far more to who asks.
void take_all_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

/// A core file would hold whatever was in memory: records, identity numbers, tokens.
void leave_no_core() {
  constexpr rlimit kNone{0, 0};
  (void)::setrlimit(RLIMIT_CORE, &kNone);
}

}  // namespace

sigset_t prepare_process() {
  load_unwinder();
  leave_no_core();
  take_all_descriptors();
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

std::size_t descriptors_for_connections() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kFewConnections;
  return std::max<std::size_t>(limit.rlim_cur - std::min<rlim_t>(limit.rlim_cur, kOtherFiles), kFewConnections);
}

void give_back_memory() {
  if (::mallinfo2().fordblks > kFreeMemory) ::malloc_trim(0);
}

}  // namespace varde::command
