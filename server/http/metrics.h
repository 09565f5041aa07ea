#pragma once
/// @file server/http/metrics.h
/// Counts for /metrics, in the Prometheus text format. Only routes' names and statuses, nothing from a request.
#include <array>
#include <atomic>
#include <cstdint>
#include <string>

namespace varde::http {

class Metrics {
 public:
  void answered(int status, std::uint64_t microseconds, std::size_t bytes) {
    if (status >= 100 && status < 600) ++by_status_[static_cast<std::size_t>(status - 100)];
    microseconds_ += microseconds, bytes_ += bytes;
  }
  std::string text(std::size_t open_connections, std::size_t bytes_on_disk) const;

 private:
  std::array<std::atomic<std::uint64_t>, 500> by_status_{};
  std::atomic<std::uint64_t> microseconds_ = 0, bytes_ = 0;
};

}  // namespace varde::http
