// Preloaded into the real server: from SIGUSR2 on, until the next one, memory is refused now and then, and threads are.
#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
}

namespace {

constexpr std::uint64_t kOneIn = 1000;      // of the allocations
constexpr std::uint64_t kThreadsOneIn = 4;  // of the threads

std::atomic<bool> refusing = false;
thread_local std::uint64_t state = 0;

bool refused(std::uint64_t one_in) {
  if (!refusing.load(std::memory_order_relaxed)) return false;
  if (state == 0) state = reinterpret_cast<std::uintptr_t>(&state) * 2654435761u + 1;
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  if (state % one_in != 0) return false;
  errno = ENOMEM;
  return true;
}

[[gnu::constructor]] void listen_for_the_signal() {
  std::signal(SIGUSR2, [](int) { refusing = !refusing; });
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) { return refused(kOneIn) ? nullptr : __libc_malloc(size); }
void* calloc(std::size_t count, std::size_t size) { return refused(kOneIn) ? nullptr : __libc_calloc(count, size); }
void* realloc(void* had, std::size_t size) { return size > 0 && refused(kOneIn) ? nullptr : __libc_realloc(had, size); }

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*begin)(void*), void* argument) {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto create = reinterpret_cast<Create>(::dlsym(RTLD_NEXT, "pthread_create"));
  return refused(kThreadsOneIn) ? EAGAIN : create(thread, attributes, begin, argument);
}
}
