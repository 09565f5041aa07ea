#include "server/http/metrics.h"

#include <fmt/format.h>

#include <iterator>

namespace varde::http {

std::string Metrics::text(std::size_t open_connections, std::size_t bytes_on_disk) const {
  std::string out =
      "# HELP varde_http_requests_total Requests answered, by status.\n# TYPE varde_http_requests_total counter\n";
  const auto line = std::back_inserter(out);
  for (std::size_t i = 0; i < by_status_.size(); ++i)
    if (const auto count = by_status_[i].load(); count > 0)
      fmt::format_to(line, "varde_http_requests_total{{status=\"{}\"}} {}\n", i + 100, count);
  fmt::format_to(line,
                 "# HELP varde_http_seconds_total Time spent answering.\n# TYPE varde_http_seconds_total counter\n"
                 "varde_http_seconds_total {:.6f}\n"
                 "# HELP varde_http_sent_bytes_total Bytes of answers.\n# TYPE varde_http_sent_bytes_total counter\n"
                 "varde_http_sent_bytes_total {}\n"
                 "# HELP varde_http_connections Connections open now.\n# TYPE varde_http_connections gauge\n"
                 "varde_http_connections {}\n"
                 "# HELP varde_database_bytes Size of the database on disk.\n# TYPE varde_database_bytes gauge\n"
                 "varde_database_bytes {}\n",
                 static_cast<double>(microseconds_.load()) / 1e6, bytes_.load(), open_connections, bytes_on_disk);
  return out;
}

}  // namespace varde::http
